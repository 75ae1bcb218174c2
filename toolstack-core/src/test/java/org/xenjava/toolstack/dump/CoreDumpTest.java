// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.dump;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.DomainStatus;
import org.xenjava.toolstack.error.CoreDumpException;
import org.xenjava.toolstack.error.OperationCancelledException;
import org.xenjava.toolstack.error.PodDebtException;
import org.xenjava.toolstack.host.TestHost;
import org.xenjava.toolstack.progress.Cancellation;
import org.xenjava.toolstack.xenctrl.lib.MappedPages;
import org.xenjava.toolstack.xenctrl.lib.Protection;
import org.xenjava.toolstack.xenctrl.units.Pages;

/** A domain's memory in a file: what is there is in it, once, and nothing else. */
class CoreDumpTest {
    private static final long SPECIAL = 0xfeff8;
    private static final int HEADER_NOTE_AT = 16;

    @TempDir
    private Path directory = Path.of("");

    private final TestHost host = TestHost.create();

    @AfterEach
    void close() {
        host.close();
    }

    /** A section of a dump. */
    private record Section(int type, long offset, long size) {}

    private static Map<String, Section> sections(ByteBuffer file) {
        int table = (int) file.getLong(40);
        int count = file.getShort(60);
        int names = (int) file.getLong(table + 64 * file.getShort(62) + 24);
        Map<String, Section> sections = new LinkedHashMap<>();
        for (int at = table; at < table + count * 64; at += 64) {
            sections.put(
                    text(file, names + file.getInt(at)),
                    new Section(file.getInt(at + 4), file.getLong(at + 24), file.getLong(at + 32)));
        }
        return sections;
    }

    private static String text(ByteBuffer file, int at) {
        int end = at;
        while (file.get(end) != 0) {
            end++;
        }
        return new String(file.array(), at, end - at, StandardCharsets.US_ASCII);
    }

    private ByteBuffer dump(Domain domain) throws IOException {
        Path file = directory.resolve("core");
        domain.memory().dump(file);
        assertEquals(List.of(file), files());
        return ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    }

    private List<Path> files() throws IOException {
        try (var files = Files.list(directory)) {
            return files.toList();
        }
    }

    private static List<Long> gfns(ByteBuffer file) {
        Section section = sections(file).get(".xen_pfn");
        List<Long> gfns = new ArrayList<>();
        for (int at = 0; at < section.size(); at += Long.BYTES) {
            gfns.add(file.getLong((int) section.offset() + at));
        }
        return gfns;
    }

    private Domain start(long memory, long maxMemory) {
        Domain domain =
                host.toolstack.create(TestHost.guest("web", memory, maxMemory).build());
        domain.unpause();
        host.xen.advance(Duration.ofMinutes(1));
        return domain;
    }

    @Test
    void theSectionsAreThoseOfXensFormat() throws IOException {
        Domain domain = start(20, 20);
        ByteBuffer file = dump(domain);
        Map<String, Section> sections = sections(file);
        assertEquals(
                List.of("", ".shstrtab", ".note.Xen", ".xen_prstatus", ".xen_pages", ".xen_pfn"),
                List.copyOf(sections.keySet()));
        int header = (int) sections.get(".note.Xen").offset() + HEADER_NOTE_AT;
        assertEquals("Xen", text(file, header + 12));
        assertEquals(0x2000001, file.getInt(header + 8));
        assertEquals(0xF00FEBEEL, file.getLong(header + 16), "the magic number of HVM");
        assertEquals(1, file.getLong(header + 24), "vCPUs");
        assertEquals(gfns(file).size(), file.getLong(header + 32));
        assertEquals(4096, file.getLong(header + 40));
        assertEquals(5168, sections.get(".xen_prstatus").size());
        assertEquals(0, sections.get(".xen_pages").offset() % 4096);
        assertEquals(gfns(file).size() * 4096L, sections.get(".xen_pages").size());
    }

    @Test
    void readelfReadsTheCore() throws IOException, InterruptedException {
        assumeTrue(Files.exists(Path.of("/usr/bin/readelf")), "no readelf");
        start(20, 20).memory().dump(directory.resolve("core"));
        Process readelf = new ProcessBuilder(
                        "/usr/bin/readelf", "-hSn", directory.resolve("core").toString())
                .redirectErrorStream(true)
                .start();
        String output = new String(readelf.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, readelf.waitFor(), output);
        assertTrue(output.contains("CORE (Core file)"), output);
        assertTrue(output.contains(".xen_pages"), output);
        assertFalse(output.contains("Warning"), output);
    }

    @Test
    void everyPageIsThereWithItsContent() throws IOException {
        Domain domain = start(20, 20);
        ByteBuffer file = dump(domain);
        List<Long> gfns = gfns(file);
        assertTrue(
                gfns.containsAll(LongStream.range(SPECIAL, SPECIAL + 8).boxed().toList()));
        assertEquals(
                domain.memory().status().totPages().count(), gfns.size(), 1, "the shared info page may be among them");
        int pages = (int) sections(file).get(".xen_pages").offset();
        for (long gfn : new long[] {0x1000, 0x100, SPECIAL + 6}) {
            byte[] dumped = new byte[4096];
            file.get(pages + gfns.indexOf(gfn) * 4096, dumped);
            assertArrayEquals(page(domain, gfn), dumped, "gfn " + gfn);
        }
    }

    private byte[] page(Domain domain, long gfn) {
        byte[] bytes = new byte[4096];
        try (MappedPages page = host.observer.foreignMemory().map(domain.domid(), Protection.READ, gfn)) {
            page.bytes().get(bytes);
        }
        return bytes;
    }

    @Test
    void pagesInTheBalloonAreLeftOutOfTheCore() throws IOException {
        Domain domain = start(16, 64);
        assertTrue(domain.pod().status().debtPages() <= 0);
        List<Long> gfns = gfns(dump(domain));
        assertEquals(domain.memory().status().totPages().count(), gfns.size(), 1);
        assertEquals(gfns.stream().sorted().distinct().toList(), gfns);
    }

    @Test
    void aDumpedGuestRunsAgainAndAPausedOneStaysPaused() throws IOException {
        Domain domain = start(20, 20);
        dump(domain);
        assertEquals(Set.of(DomainStatus.State.BLOCKED), domain.status().states());
        domain.pause();
        dump(domain);
        assertEquals(Set.of(DomainStatus.State.PAUSED), domain.status().states());
    }

    @Test
    void aGuestWithADebtIsRefusedWithTheNumber() throws IOException {
        Domain domain = host.toolstack.create(TestHost.guest("web", 16, 64).build());
        PodDebtException e =
                assertThrows(PodDebtException.class, () -> domain.memory().dump(directory.resolve("core")));
        assertEquals(domain.pod().status().debtPages(), e.debtPages());
        assertEquals(List.of(), files());
    }

    @Test
    void aCancelledDumpLeavesNoFileAndTheGuestRuns() throws IOException {
        Domain domain = start(64, 64);
        Cancellation cancellation = new Cancellation();
        List<Pages> seen = new ArrayList<>();
        assertThrows(OperationCancelledException.class, () -> domain.memory()
                .dump(
                        directory.resolve("core"),
                        (looked, all) -> {
                            seen.add(looked);
                            cancellation.cancel();
                        },
                        cancellation));
        assertEquals(List.of(Pages.of(512)), seen);
        assertEquals(List.of(), files());
        assertEquals(Set.of(DomainStatus.State.BLOCKED), domain.status().states());
    }

    @Test
    void aDirectoryThatIsNotThereIsAnErrorOfItsOwn() {
        Domain domain = start(20, 20);
        CoreDumpException e =
                assertThrows(CoreDumpException.class, () -> domain.memory().dump(directory.resolve("missing/core")));
        assertTrue(e.getMessage().startsWith("dumping domain 1: "), e.getMessage());
    }

    @Test
    void aDumpIsForItsOwnerAlone() throws IOException {
        Path file = directory.resolve("core");
        Files.writeString(file, "an older dump");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));

        start(20, 20).memory().dump(file);

        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
    }

    @Test
    void aDumpReplacesALinkAndDoesNotFollowIt() throws IOException {
        Path victim = Files.writeString(directory.resolve("victim"), "precious");
        Path file = Files.createSymbolicLink(directory.resolve("core"), victim);

        start(20, 20).memory().dump(file);

        assertEquals("precious", Files.readString(victim));
        assertTrue(Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS));
    }
}
