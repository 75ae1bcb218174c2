// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.DomainStatus;
import org.xenjava.toolstack.host.SmallHost;
import org.xenjava.toolstack.host.TestHost;
import org.xenjava.toolstack.image.TestKernels;
import org.xenjava.toolstack.memory.MemoryStatus;
import org.xenjava.toolstack.sim.fault.MachineState;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;
import org.xenjava.toolstack.xenctrl.units.PodCounters;

/** A domain after its build: what Xen has of it, what xenstore holds of it, and whether it lives. */
class BuiltDomainTest {
    private final TestHost host = TestHost.create();
    private final MachineState before = host.state();

    @AfterEach
    void close() {
        host.close();
    }

    private PodCounters counters(Domain domain) {
        return host.xenctrl.memory().podTarget(domain.domid());
    }

    @Test
    void aPodGuestHasTheCountersThatItHasOnRealXen(@TempDir Path directory) throws IOException {
        Path kernel = Files.write(directory.resolve("kernel"), TestKernels.spreadOver(TestHost.LAB_SUPERPAGES));
        Domain domain = host.toolstack.create(
                TestHost.guest("lab", 256, 512).kernel(kernel).build());
        // Measured on Xen 4.17.7 with a Linux kernel and ramdisk that lie in as many superpages.
        assertEquals(new PodCounters(65801, 55552, 120832), counters(domain));
        assertEquals(65280, counters(domain).debt());
        assertEquals(
                new MemoryStatus(
                        KiB.ofMiB(256), KiB.ofMiB(512), KiB.ZERO, KiB.ofMiB(512), Pages.of(65801), Pages.of(66048)),
                domain.memory().status());
    }

    @ParameterizedTest(name = "memory={0} maxmem={1}: debt {2}")
    @CsvSource({"256, 256, 0", "256, 257, 0", "256, 258, 256", "1000, 1537, 137216", "512, 4608, 1048320"})
    void theDebtIsWhatTheBalloonHasToGiveBackLessTheSlack(long memory, long maxMemory, long debt) {
        Domain domain =
                host.toolstack.create(TestHost.guest("sized", memory, maxMemory).build());
        assertEquals(debt, counters(domain).debt());
        long slack = memory == maxMemory ? 0 : 256;
        assertEquals(
                Pages.of((memory + 1) * 256 + slack), domain.memory().status().maxPages());
        assertEquals(KiB.ofMiB(memory), domain.memory().status().target());
        assertEquals(KiB.ofMiB(maxMemory), domain.memory().status().staticMax());
        assertEquals(Pages.ZERO, domain.status().outstandingPages());
    }

    @Test
    void theXenstoreTreeIsTheOneThatXlWritesForTheSameGuest() throws IOException {
        SortedMap<String, String> recorded = StricterPermissions.in(recordedTree());
        UUID uuid = UUID.fromString("8fd64954-2cca-4029-97c3-dc72739e54b9");
        Domain domain = host.toolstack.create(
                TestHost.guest("a-pvh-pod-256-512", 256, 512).uuid(uuid).build());

        DomainPaths paths = new DomainPaths(domain.domid());
        List<String> trees = new ArrayList<>(paths.besidesRoot(uuid));
        trees.add(paths.root());
        SortedMap<String, String> written = new TreeMap<>(host.state().xenstore());
        written.keySet().removeIf(path -> trees.stream().noneMatch(tree -> (path + "/").startsWith(tree + "/")));
        SortedMap<String, String> ours = new TreeMap<>(written.subMap("/libxl/1/xenjava", "/libxl/1/xenjavb"));
        written.keySet().removeAll(ours.keySet());

        assertEquals(recorded, written);
        String config = ours.remove("/libxl/1/xenjava/config/0");
        assertTrue(config.startsWith("\"name = \"a-pvh-pod-256-512\"\n") && config.endsWith("\n\"   (n0)"), config);
        assertEquals(
                Map.of(
                        "/libxl/1/xenjava", "\"\"   (n0)",
                        "/libxl/1/xenjava/config", "\"\"   (n0)",
                        "/libxl/1/xenjava/pod-backed-kib", "\"262144\"   (n0)"),
                ours);
    }

    private static SortedMap<String, String> recordedTree() throws IOException {
        String file = "recorded/a-pvh-pod-256-512.xenstore.txt";
        try (var lines = BuiltDomainTest.class.getResourceAsStream(file)) {
            return new String(lines.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .map(line -> line.split(" = ", 2))
                    .collect(Collectors.toMap(node -> node[0], node -> node[1], (a, b) -> a, TreeMap::new));
        }
    }

    @Test
    void aBuiltDomainIsPausedIntroducedAndHasAConsole() {
        Domain domain =
                host.toolstack.create(TestHost.guest("built", 64, 128).vcpus(2).build());
        DomainStatus status = domain.status();
        assertEquals(Set.of(DomainStatus.State.PAUSED), status.states());
        assertEquals(DomainStatus.Kind.PVH, status.kind());
        assertEquals("built", status.name());
        assertEquals(domain.uuid(), status.uuid());
        assertEquals(1, status.vcpus());
        assertTrue(host.observer.store().isDomainIntroduced(domain.domid()));
        assertEquals("/dev/pts/0", domain.console().terminal(Duration.ofSeconds(1)));
        assertFalse(host.state().xenstore().containsKey("/tool/xenjava"), "the build's note is closed");
    }

    @Test
    void onAHostWithoutWholeSuperpagesItIsBuiltOfSinglePages() {
        try (TestHost small = TestHost.of(SmallHost.withFreePages(20_000))) {
            int neighbour = SmallHost.breakAllSuperpages(small.xenctrl);
            assertEquals(0, small.xenctrl.memory().populatePhysmap(neighbour, new long[] {1 << 20}, 9, 0));
            Domain domain =
                    small.toolstack.create(TestHost.guest("scattered", 32, 32).build());
            assertEquals(
                    new PodCounters(32 * 256 + 9, 0, 0), small.xenctrl.memory().podTarget(domain.domid()));
        }
    }
}
