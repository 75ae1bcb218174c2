// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.error.HostMemoryException;
import org.xenjava.toolstack.memory.BackedBoot;
import org.xenjava.toolstack.memory.RoomPolicy;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;
import org.xenjava.toolstack.xenctrl.lib.jna.JnaXen;

/**
 * A host whose dom0 owns all memory: {@code lab/suite --long --no-dom0-mem --include-classname '.*RoomLab.*'}. Any other
 * host skips it.
 */
@Tag("lab")
@Tag("lab-long")
class RoomLabTest {
    private static final long PAGES_PER_MIB = 256;
    private static final Path FILL = Path.of("/tmp/fill");

    private XenLibraries libraries;
    private Xenctrl xenctrl;
    private Toolstack toolstack;

    @BeforeEach
    void open() {
        libraries = JnaXen.open();
        xenctrl = Xenctrl.open(libraries);
        assumeFalse(xenctrl.host().commandLine().contains("dom0_mem="), "lab/suite --no-dom0-mem");
        toolstack = Toolstack.options()
                .room(RoomPolicy.unlessFixed())
                .backedBoot(BackedBoot.full())
                .open();
    }

    @AfterEach
    void close() {
        if (toolstack != null) {
            toolstack.domains().stream().filter(domain -> domain.domid() != 0).forEach(Domain::destroy);
            toolstack.close();
        }
        libraries.close();
    }

    private long dom0() {
        return xenctrl.domains().info(0).orElseThrow().totPages() / PAGES_PER_MIB;
    }

    private String numbers() {
        try {
            String available = Files.readAllLines(Path.of("/proc/meminfo")).stream()
                    .filter(line -> line.startsWith("MemAvailable"))
                    .findFirst()
                    .orElse("");
            return "dom0 " + dom0() + " MiB, target "
                    + Dom0.run("xenstore-read", "/local/domain/0/memory/target")
                            .text()
                            .strip() + ", free "
                    + xenctrl.host().physInfo().availablePages() / PAGES_PER_MIB + " MiB, "
                    + available.replaceAll("\\s+", " ");
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static Duration since(long start) {
        return Duration.ofNanos(System.nanoTime() - start);
    }

    private void report(String what, long start) {
        Dom0.report("room: " + what + " in " + since(start).toMillis() + " ms; " + numbers());
    }

    private void awaitDom0(long mib) {
        Dom0.await(() -> "domain 0's " + mib + " MiB: " + numbers(), Duration.ofMinutes(1), () -> Optional.of(dom0())
                .filter(now -> Math.abs(now - mib) <= 2));
    }

    private static DomainConfig guest(String name, long mib) {
        return LabGuest.config(name, mib, mib).build();
    }

    /** One test, since each step begins with what the one before has left. */
    @Test
    void domain0MakesRoomAndGetsItsMemoryBack() throws Exception {
        long before = dom0();
        Dom0.report("room: before: " + numbers());
        long start = System.nanoTime();
        toolstack.create(guest("warm", 100)).destroy();
        report("first create and destroy of 100 MiB", start);

        start = System.nanoTime();
        Domain pod = toolstack.create(LabGuest.config("pod", 256, 512).build());
        report("create of a PoD guest, 256 of 512 MiB,", start);
        assertEquals(0, pod.pod().status().debtPages());
        pod.destroy();
        awaitDom0(before);
        Dom0.report("room: after its destroy: " + numbers());

        storm(before);
        full(before);
    }

    private void storm(long before) throws Exception {
        long start = System.nanoTime();
        ExecutorService threads = Executors.newFixedThreadPool(10);
        List<Future<Domain>> guests = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            DomainConfig config = guest("storm" + i, 200);
            guests.add(threads.submit(() -> toolstack.create(config)));
        }
        for (Future<Domain> guest : guests) {
            guest.get();
        }
        threads.shutdown();
        report("ten creates of 200 MiB at once", start);
        for (Future<Domain> guest : guests) {
            guest.get().destroy();
        }
        awaitDom0(before);
    }

    /** Domain 0 full of data, and a guest of 2600 MiB. After an {@code xl create} of it, this JVM was killed. */
    private void full(long before) throws IOException {
        Files.createDirectories(FILL);
        Dom0.run("mount", "-t", "tmpfs", "-o", "size=3000m", "tmpfs", FILL.toString())
                .expectSuccess();
        Dom0.run("dd", "if=/dev/zero", "of=" + FILL + "/data", "bs=1M", "count=2900")
                .expectSuccess();
        Dom0.report("room: with 2900 MiB of files in memory: " + numbers());
        DomainConfig large = LabGuest.config("large", 2600, 2600)
                .kernel(Path.of("/there/is/no/kernel"))
                .build();
        long start = System.nanoTime();
        HostMemoryException e = assertThrows(HostMemoryException.class, () -> toolstack.create(large));
        Duration refusal = since(start);
        report("refusal of 2600 MiB (" + e.getMessage() + ")", start);
        assertTrue(refusal.compareTo(Duration.ofSeconds(1)) < 0, refusal.toString());
        assertEquals(before, dom0(), 1);
        start = System.nanoTime();
        toolstack.create(guest("small", 256)).destroy();
        report("create and destroy of 256 MiB after the refusal", start);
        awaitDom0(before);

        Dom0.run("umount", FILL.toString());
    }
}
