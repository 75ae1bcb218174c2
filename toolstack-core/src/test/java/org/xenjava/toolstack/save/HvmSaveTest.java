// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.save;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongFunction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.DomainSaving.Afterwards;
import org.xenjava.toolstack.ShutdownReason;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.error.DeviceModelException;
import org.xenjava.toolstack.error.SaveStreamException;
import org.xenjava.toolstack.error.ToolstackException;
import org.xenjava.toolstack.host.TestHost;
import org.xenjava.toolstack.host.TestProcess;
import org.xenjava.toolstack.progress.Cancellation;
import org.xenjava.toolstack.progress.CreateListener;
import org.xenjava.toolstack.progress.DumpListener;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.sim.fault.Fault;
import org.xenjava.toolstack.sim.fault.MachineState;
import org.xenjava.toolstack.sim.fault.ProcessKilled;
import org.xenjava.toolstack.sim.guest.BalloonDriver;
import org.xenjava.toolstack.sim.guest.BalloonFamily;
import org.xenjava.toolstack.sim.guest.QemuHandle;
import org.xenjava.toolstack.sim.guest.SimulatedGuest;
import org.xenjava.toolstack.stream.Blob;
import org.xenjava.toolstack.stream.SaveStreamReader;
import org.xenjava.toolstack.stream.SaveStreamWriter;
import org.xenjava.toolstack.stream.StreamRecord;
import org.xenjava.toolstack.stream.XlHeader;
import org.xenjava.toolstack.xenctrl.DomainInfo;
import org.xenjava.toolstack.xenctrl.lib.Errno;

/** Saves and restores guests with a QEMU. */
class HvmSaveTest {
    /** Every n-th call is tested; {@code -Dstride=1} covers all. */
    private static final int STRIDE = Integer.getInteger("stride", 23);

    private TestHost host = TestHost.create();

    @TempDir
    Path directory;

    @AfterEach
    void close() {
        host.close();
    }

    private Domain start() {
        return start(TestHost.hvmGuest("web", 20, 40));
    }

    private Domain start(DomainConfig.Builder guest) {
        Domain domain = host.toolstack.create(guest.build());
        domain.unpause();
        host.xen.advance(Duration.ofMinutes(1));
        return domain;
    }

    private void save(Domain domain, Path file, Afterwards afterwards) {
        PassingTime.during(host.xen, () -> domain.saving().save(file, afterwards));
    }

    private Domain restore(Path file) {
        Domain domain = host.toolstack.restore(file, CreateListener.NONE, new Cancellation());
        domain.unpause();
        host.xen.advance(Duration.ofMinutes(1));
        return domain;
    }

    private QemuHandle qemu(Domain domain) {
        return host.xen.qemu(domain.domid()).orElseThrow();
    }

    private void assertRuns(Domain domain, String after) {
        DomainInfo info = host.xenctrl.domains().info(domain.domid()).orElseThrow();
        assertFalse(info.shutdown() || info.paused(), after);
        QemuHandle qemu = qemu(domain);
        assertTrue(qemu.isRunning() && qemu.hasDisksOpen() && !qemu.logsWrites(), after);
    }

    @Test
    void aRestoredGuestHasItsPagesItsDevicesAndItsNumbers() {
        Domain domain = start();
        host.xen.guest(domain.domid()).orElseThrow().loadExcept(1000);
        Path file = directory.resolve("web.save");
        String devices = qemu(domain).devices();
        long pages = host.xenctrl.domains().info(domain.domid()).orElseThrow().totPages();
        List<Long> contents = List.of();
        for (int round = 0; round < 3; round++) {
            save(domain, file, Afterwards.DESTROY);
            assertEquals(Optional.empty(), host.xen.qemu(domain.domid()));
            assertTrue(round == 0 || SavedContents.of(file).equals(contents), "round " + round);
            contents = SavedContents.of(file);
            domain = restore(file);
            assertRuns(domain, "round " + round);
            assertEquals(devices, qemu(domain).devices());
            assertEquals(
                    pages,
                    host.xenctrl.domains().info(domain.domid()).orElseThrow().totPages());
        }
    }

    @Test
    void theDevicesContinueAfterASaveThatLeavesTheGuestRunning() {
        Domain domain = start();
        save(domain, directory.resolve("web.save"), Afterwards.RESUME);
        assertRuns(domain, "a save");
    }

    @Test
    void aGuestWhoseDevicesCannotBeSavedRunsOn() {
        Domain domain = start();
        qemu(domain).refuse("xen-save-devices-state", 1);
        Path file = directory.resolve("web.save");
        assertThrows(DeviceModelException.class, () -> save(domain, file, Afterwards.DESTROY));
        assertRuns(domain, "a refusal");
        assertFalse(Files.exists(file));
        save(domain, file, Afterwards.DESTROY);
        assertRuns(restore(file), "a restore");
    }

    /** A receiver may hold the lock of a disk until it has ended. */
    @Test
    void theDevicesContinueOnceAnotherProcessHasUnlockedTheDisks() {
        Domain domain = start();
        qemu(domain).refuse("cont", 2);
        save(domain, directory.resolve("web.save"), Afterwards.RESUME);
        assertRuns(domain, "a save");
    }

    /** Without its devices, the guest would hang at its next access to one. */
    @Test
    void aGuestWhoseQemuEndsWhileItIsSavedCountsAsCrashed() {
        Domain domain = start();
        QemuHandle qemu = qemu(domain);
        Path file = directory.resolve("web.save");
        DumpListener killer = (looked, all) -> qemu.end();
        PassingTime.during(host.xen, () -> {
            var e = assertThrows(DeviceModelException.class, () -> domain.saving()
                    .save(file, Afterwards.RESUME, killer, new Cancellation()));
            assertTrue(e.getMessage().contains("counts as crashed"), e.getMessage());
        });
        DomainInfo info = host.xenctrl.domains().info(domain.domid()).orElseThrow();
        assertTrue(info.shutdown());
        assertEquals(ShutdownReason.CRASH.code(), info.shutdownReason());
        assertTrue(host.toolstack.leftovers().find().isEmpty());
        assertThrows(ToolstackException.class, () -> domain.saving().save(file, Afterwards.RESUME));
        domain.destroy();
        assertRuns(restore(file), "a restore");
    }

    private void assertCrashed(Domain domain, String after) {
        DomainInfo info = host.xenctrl.domains().info(domain.domid()).orElseThrow();
        assertTrue(info.shutdown() && !info.paused(), after);
        assertEquals(ShutdownReason.CRASH.code(), info.shutdownReason(), after);
        assertFalse(
                host.observer
                        .store()
                        .directory(0, "/libxl/" + domain.domid() + "/xenjava")
                        .contains("crashing"),
                after);
    }

    /** The calls of a process that saves a guest whose QEMU ends, and is hit by a fault after that. */
    private long saveWithoutQemu(TestProcess process, Domain domain, Optional<LongFunction<Fault>> fault, long call) {
        QemuHandle qemu = qemu(domain);
        Domain seen = process.open().find(domain.uuid()).orElseThrow();
        AtomicLong before = new AtomicLong();
        DumpListener killer = (looked, all) -> {
            if (before.compareAndSet(0, process.faults().calls())) {
                qemu.end();
                fault.ifPresent(kind -> process.faults().inject(kind.apply(call)));
            }
        };
        PassingTime.during(host.xen, () -> {
            try {
                seen.saving().save(directory.resolve("web.save"), Afterwards.RESUME, killer, new Cancellation());
            } catch (ToolstackException | ProcessKilled e) {
                // What is left is the subject of the test.
            }
        });
        return process.faults().calls() - before.get();
    }

    private void theNextProcessCompletesTheCrash(LongFunction<Fault> fault) {
        Domain first = start(TestHost.hvmGuest("web", 17, 17));
        TestProcess process = host.newProcess();
        long calls = saveWithoutQemu(process, first, Optional.empty(), 0);
        process.ends();
        first.destroy();
        // The crash is among the last calls.
        for (long call = Math.max(1, calls - 40); call <= calls; call++) {
            Domain domain = start(TestHost.hvmGuest("web", 17, 17));
            process = host.newProcess();
            saveWithoutQemu(process, domain, Optional.of(fault), call);
            process.faults().close();
            process.ends();
            TestProcess next = host.newProcess();
            PassingTime.during(host.xen, () -> next.open().close());
            next.ends();
            assertCrashed(domain, "call " + call + " of " + calls);
            domain.destroy();
        }
    }

    @Test
    void theNextProcessCompletesTheCrashAfterAKill() {
        theNextProcessCompletesTheCrash(Fault::processKilled);
    }

    @Test
    void theNextProcessCompletesTheCrashAfterAFailure() {
        theNextProcessCompletesTheCrash(call -> Fault.callFails(call, Errno.EIO));
    }

    @Test
    void aGuestWhoseQemuDoesNotAnswerIsNotSuspended() {
        Domain domain = start();
        qemu(domain).refuse("query-status", 1);
        Path file = directory.resolve("web.save");
        assertThrows(DeviceModelException.class, () -> domain.saving().save(file, Afterwards.DESTROY));
        assertRuns(domain, "a refusal");
        assertFalse(Files.exists(file));
    }

    @Test
    void theDevicesOfARestoredGuestOpenTheirDisksWhenItRuns() {
        Domain domain = start();
        Path file = directory.resolve("web.save");
        save(domain, file, Afterwards.DESTROY);
        Domain restored = host.toolstack.restore(file, CreateListener.NONE, new Cancellation());
        QemuHandle qemu = qemu(restored);
        assertFalse(qemu.isRunning() || qemu.hasDisksOpen());
        restored.unpause();
        assertRuns(restored, "unpause");
    }

    @Test
    void theDevicesAreStoppedWhileMemoryIsWritten() {
        Domain domain = start();
        List<Boolean> ran = new ArrayList<>();
        DumpListener listener = (looked, all) -> ran.add(qemu(domain).isRunning());
        PassingTime.during(host.xen, () -> domain.saving()
                .save(directory.resolve("web.save"), Afterwards.RESUME, listener, new Cancellation()));
        assertFalse(ran.isEmpty());
        assertFalse(ran.contains(true));
    }

    /** Such a guest is stopped as it stands, without its knowledge. */
    @Test
    void aGuestWithoutDriversIsSavedAndRestored() {
        host.close();
        SimulatedGuest bare =
                SimulatedGuest.with(BalloonDriver.of(BalloonFamily.NONE)).ignoringShutdownRequests();
        host = TestHost.of(SimulatedXen.builder().guests(identity -> bare));
        Domain domain = start(TestHost.hvmGuest("web", 20, 20));
        Path file = directory.resolve("web.save");
        save(domain, file, Afterwards.RESUME);
        assertRuns(domain, "a save");
        save(domain, file, Afterwards.DESTROY);
        assertRuns(restore(file), "a restore");
    }

    @Test
    void aDamagedStateOfTheDevicesLeavesNothing() throws IOException {
        Domain domain = start();
        Path file = directory.resolve("web.save");
        save(domain, file, Afterwards.DESTROY);
        MachineState before = host.state();
        Path damaged = directory.resolve("damaged.save");
        copy(file, damaged, Optional.of("no QEMU"));
        assertThrows(
                DeviceModelException.class,
                () -> host.toolstack.restore(damaged, CreateListener.NONE, new Cancellation()));
        host.assertUnchangedSince(before, "a damaged state");
        copy(file, damaged, Optional.empty());
        SaveStreamException e = assertThrows(
                SaveStreamException.class,
                () -> host.toolstack.restore(damaged, CreateListener.NONE, new Cancellation()));
        assertTrue(e.getMessage().contains("EMULATOR_CONTEXT"), e.getMessage());
        host.assertUnchangedSince(before, "no state");
    }

    /** Copies a file with another state of the devices, or without one. */
    private static void copy(Path from, Path to, Optional<String> state) throws IOException {
        try (FileChannel in = FileChannel.open(from);
                FileChannel out = FileChannel.open(
                        to,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.WRITE,
                        StandardOpenOption.TRUNCATE_EXISTING)) {
            SaveStreamReader reader = new SaveStreamReader(in);
            SaveStreamWriter writer = new SaveStreamWriter(out);
            XlHeader header = reader.header();
            writer.header(header);
            StreamRecord record;
            do {
                record = reader.next();
                if (!(record instanceof StreamRecord.EmulatorContext)) {
                    writer.write(record);
                } else if (state.isPresent()) {
                    writer.write(new StreamRecord.EmulatorContext(
                            StreamRecord.EmulatorContext.QEMU,
                            0,
                            Blob.of(state.get().getBytes())));
                }
            } while (!(record instanceof StreamRecord.StreamEnd));
        }
    }

    private long callsOfASave(Domain domain, Path file) {
        save(domain, file, Afterwards.RESUME);
        long first = host.faults.calls();
        save(domain, file, Afterwards.RESUME);
        return host.faults.calls() - first;
    }

    @Test
    void aSaveThatFailsLeavesGuestAndDevicesRunning() {
        Domain domain = start(TestHost.hvmGuest("web", 17, 17));
        Path file = directory.resolve("web.save");
        long calls = callsOfASave(domain, file);
        for (long n = 1; n <= calls; n += STRIDE) {
            host.faults.inject(Fault.callFails(n, Errno.EIO));
            try {
                save(domain, file, Afterwards.RESUME);
            } catch (ToolstackException e) {
                assertTrue(e.getMessage().matches("(?s).*(domain|QEMU).*"), e.getMessage());
            }
            host.faults.heal();
            assertRuns(domain, "call " + n);
            host.toolstack.leftovers().removeAll();
        }
    }

    @Test
    void theNextProcessLetsGuestAndDevicesOfAKilledSaveRunOn() {
        Domain domain = start(TestHost.hvmGuest("web", 17, 17));
        Path file = directory.resolve("web.save");
        long calls = callsOfASave(domain, file);
        for (long n = 1; n <= calls; n += STRIDE) {
            TestProcess process = host.newProcess();
            Domain seen = process.open().find(domain.uuid()).orElseThrow();
            process.faults().inject(Fault.processKilled(n));
            try {
                save(seen, file, Afterwards.RESUME);
            } catch (ToolstackException | ProcessKilled e) {
                // What is left is the subject of the test.
            }
            process.faults().close();
            process.ends();
            TestProcess next = host.newProcess();
            PassingTime.during(host.xen, () -> next.open().close());
            next.ends();
            assertRuns(domain, "call " + n);
        }
        assertTrue(Files.exists(file));
    }
}
