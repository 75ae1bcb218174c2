// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.stream;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.host.TestHost;
import org.xenjava.toolstack.memory.layout.SpecialPage;
import org.xenjava.toolstack.progress.Cancellation;
import org.xenjava.toolstack.progress.CreateListener;
import org.xenjava.toolstack.xenctrl.DomainInfo;
import org.xenjava.toolstack.xenctrl.abi.HvmParam;
import org.xenjava.toolstack.xenctrl.lib.MappedPages;
import org.xenjava.toolstack.xenctrl.lib.Protection;
import org.xenjava.toolstack.xenctrl.units.Pages;

/** Restores streams that xl wrote on real Xen. */
class RecordedRestoreTest {
    /** Pages that a restore clears, because daemons and Xen share them with the guest. */
    private static final Set<Long> SHARED = Set.of(
            SpecialPage.STORE.gfn(),
            SpecialPage.CONSOLE.gfn(),
            SpecialPage.IOREQ.gfn(),
            SpecialPage.BUFFERED_IOREQ.gfn());

    private final TestHost host = TestHost.create();

    @TempDir
    Path directory;

    @AfterEach
    void close() {
        host.close();
    }

    /** {@code xl restore} refuses {@code pvh-pod-debt.save}, because it has 4,113 pages and may have 2,304. */
    @ParameterizedTest
    @CsvSource({"pvh-16-live.up,4113,4352", "pvh-pod-debt.save,4113,4352", "pvh-8.xalloc.save,2065,2304"})
    void aStreamOfXlIsRestored(String name, long pages, long mostPages) throws IOException {
        byte[] stream = Streams.recorded(name);
        Path file = Files.write(directory.resolve(name), stream);
        Domain domain = host.toolstack.restore(file, CreateListener.NONE, new Cancellation());
        DomainInfo info = host.xenctrl.domains().info(domain.domid()).orElseThrow();
        assertEquals(pages, info.totPages());
        assertEquals(mostPages, info.maxPages());
        assertEquals(0, host.xenctrl.memory().podTarget(domain.domid()).entries());
        assertEquals(SpecialPage.STORE.gfn(), host.xenctrl.hvm().param(domain.domid(), HvmParam.STORE_PFN));
        Map<Long, Optional<ByteBuffer>> contents = contents(stream);
        assertEquals(pages, contents.size());
        contents.forEach((gfn, content) -> {
            boolean cleared = SHARED.contains(gfn) || content.isEmpty();
            ByteBuffer expected = cleared ? ByteBuffer.allocate(Pages.BYTES) : content.orElseThrow();
            assertEquals(expected, present(domain, gfn), "gfn 0x" + Long.toHexString(gfn));
        });
    }

    private ByteBuffer present(Domain domain, long gfn) {
        try (MappedPages page = host.observer.foreignMemory().map(domain.domid(), Protection.READ, new long[] {gfn})) {
            return ByteBuffer.allocate(Pages.BYTES)
                    .put(page.bytes().slice(0, Pages.BYTES))
                    .flip();
        }
    }

    /** The last content of each frame; empty if the stream only allocates it. */
    private static Map<Long, Optional<ByteBuffer>> contents(byte[] stream) throws IOException {
        Map<Long, Optional<ByteBuffer>> contents = new TreeMap<>();
        SaveStreamReader reader = new SaveStreamReader(Streams.channel(stream));
        reader.header();
        StreamRecord record = reader.next();
        while (!(record instanceof StreamRecord.StreamEnd)) {
            if (record instanceof PageBatch batch) {
                int stored = 0;
                for (int page = 0; page < batch.count(); page++) {
                    if (batch.type(page).hasContent()) {
                        ByteBuffer copy = ByteBuffer.allocate(Pages.BYTES).put(batch.content(stored++));
                        contents.put(batch.pfn(page), Optional.of(copy.flip()));
                    } else if (batch.type(page) == PageType.ALLOCATE_ONLY) {
                        contents.put(batch.pfn(page), Optional.empty());
                    }
                }
            }
            record = reader.next();
        }
        return contents;
    }
}
