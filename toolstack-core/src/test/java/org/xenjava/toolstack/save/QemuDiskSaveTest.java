// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.save;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.DomainSaving.Afterwards;
import org.xenjava.toolstack.config.DiskConfig;
import org.xenjava.toolstack.error.DeviceModelException;
import org.xenjava.toolstack.host.TestHost;
import org.xenjava.toolstack.host.TestProcess;
import org.xenjava.toolstack.progress.Cancellation;
import org.xenjava.toolstack.progress.CreateListener;
import org.xenjava.toolstack.progress.DumpListener;
import org.xenjava.toolstack.sim.fault.Fault;
import org.xenjava.toolstack.sim.fault.ProcessKilled;
import org.xenjava.toolstack.sim.guest.QemuHandle;

/** Saves PVH guests with a disk that QEMU serves: what the guest has written must be in the image before the file is complete. */
class QemuDiskSaveTest {
    private final TestHost host = TestHost.create();

    @TempDir
    private Path directory;

    private Domain domain;
    private Path file;

    @BeforeEach
    void start() throws IOException {
        Path image = Files.write(directory.resolve("disk.qcow2"), new byte[4096]);
        file = directory.resolve("web.save");
        domain = host.toolstack.create(TestHost.guest("web", 17, 17)
                .disks(List.of(DiskConfig.builder("xvda")
                        .target(image.toString())
                        .format(DiskConfig.Format.QCOW2)
                        .build()))
                .build());
        domain.unpause();
        host.xen.advance(Duration.ofMinutes(1));
    }

    @AfterEach
    void close() {
        host.close();
    }

    private QemuHandle qemu(Domain guest) {
        return host.xen.qemu(guest.domid()).orElseThrow();
    }

    private void save(Afterwards afterwards, DumpListener listener) {
        PassingTime.during(host.xen, () -> domain.saving().save(file, afterwards, listener, new Cancellation()));
    }

    private void assertServes(Domain guest) {
        assertFalse(host.xenctrl.domains().info(guest.domid()).orElseThrow().shutdown());
        assertTrue(qemu(guest).isRunning() && qemu(guest).hasDisksOpen());
    }

    @Test
    void qemuHasStoppedWithItsDiskBeforeMemoryIsWrittenAndContinuesAfterwards() {
        List<Boolean> ran = new ArrayList<>();
        save(Afterwards.RESUME, (looked, all) -> ran.add(qemu(domain).isRunning()));
        assertFalse(ran.isEmpty() || ran.contains(true), ran.toString());
        assertServes(domain);
    }

    @Test
    void aRestoredGuestHasItsDisk() {
        save(Afterwards.DESTROY, DumpListener.NONE);
        Domain restored = host.toolstack.restore(file, CreateListener.NONE, new Cancellation());
        restored.unpause();
        assertServes(restored);
        assertFalse(qemu(restored).hasSharedAnImage());
    }

    @Test
    void theNextProcessLetsTheQemuOfAKilledSaveContinue() {
        TestProcess process = host.newProcess();
        Domain seen = process.open().find(domain.uuid()).orElseThrow();
        AtomicInteger looks = new AtomicInteger();
        DumpListener killer = (looked, all) -> {
            if (looks.getAndIncrement() == 0) {
                assertFalse(qemu(domain).isRunning());
                process.faults().inject(Fault.processKilled(1));
            }
        };
        assertThrows(
                ProcessKilled.class,
                () -> PassingTime.during(
                        host.xen, () -> seen.saving().save(file, Afterwards.DESTROY, killer, new Cancellation())));
        process.faults().close();
        process.ends();
        TestProcess next = host.newProcess();
        PassingTime.during(host.xen, () -> next.open().close());
        next.ends();
        assertEquals(1, looks.get());
        assertServes(domain);
    }

    @Test
    void aGuestWithoutItsQemuIsNotSaved() {
        qemu(domain).end();
        assertThrows(DeviceModelException.class, () -> save(Afterwards.DESTROY, DumpListener.NONE));
        assertFalse(Files.exists(file));
        assertFalse(host.xenctrl.domains().info(domain.domid()).orElseThrow().shutdown());
    }
}
