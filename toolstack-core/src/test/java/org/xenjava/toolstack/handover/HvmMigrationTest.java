// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.handover;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.DomainMigration;
import org.xenjava.toolstack.ShutdownReason;
import org.xenjava.toolstack.config.DiskConfig;
import org.xenjava.toolstack.error.DeviceModelException;
import org.xenjava.toolstack.error.MigrationException;
import org.xenjava.toolstack.host.TestHost;
import org.xenjava.toolstack.migrate.MigrationProtocol;
import org.xenjava.toolstack.migrate.MigrationTarget;
import org.xenjava.toolstack.progress.MigrationListener;
import org.xenjava.toolstack.progress.MigrationProgress.Phase;
import org.xenjava.toolstack.sim.fault.Fault;
import org.xenjava.toolstack.sim.guest.QemuHandle;
import org.xenjava.toolstack.xenctrl.DomainInfo;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.MappedPages;
import org.xenjava.toolstack.xenctrl.lib.Protection;
import org.xenjava.toolstack.xenctrl.lib.XenStore;

/** Migrates guests with a QEMU, which writes to their memory and their disks. */
class HvmMigrationTest {
    /** A frame of RAM that the guest does not write, since it has written others. */
    private static final long FRAME = 4000;

    private TwoHosts hosts = TwoHosts.create().using(MigrationProtocol.XL);

    @AfterEach
    void close() {
        hosts.close();
    }

    private Domain start() {
        return hosts.start(TestHost.hvmGuest("web", 17, 17));
    }

    private List<Throwable> migrate(MigrationListener listener) {
        return hosts.migrate(hosts.source.toolstack, hosts.target.toolstack, new TestCable(), listener);
    }

    private static QemuHandle qemu(TestHost host) {
        return host.xen
                .qemu(host.toolstack.find(TwoHosts.ID).orElseThrow().domid())
                .orElseThrow();
    }

    private static long read(TestHost host) {
        int domid = host.toolstack.find(TwoHosts.ID).orElseThrow().domid();
        try (MappedPages page = host.observer.foreignMemory().map(domid, Protection.READ, new long[] {FRAME})) {
            return page.bytes().order(ByteOrder.BIG_ENDIAN).getLong(0);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = MigrationProtocol.class,
            names = {"XL", "OWN"})
    void theDevicesMigrateWithTheGuest(MigrationProtocol protocol) {
        hosts.using(protocol);
        start();
        String devices = qemu(hosts.source).devices();
        assertEquals(List.of(), migrate(MigrationListener.NONE));
        assertSame(hosts.target, hosts.assertOneRuns("a migration"));
        hosts.assertOneRunsAndNothingElseIsLeft("a migration");
        assertEquals(devices, qemu(hosts.target).devices());
        assertTrue(qemu(hosts.target).isRunning());
    }

    @Test
    void aGuestWithDevicesMigratesWithinOneHostAgainAndAgain() {
        hosts.close();
        hosts = TwoHosts.oneHost().using(MigrationProtocol.XL);
        start();
        String devices = qemu(hosts.source).devices();
        for (int round = 0; round < 3; round++) {
            assertEquals(List.of(), migrate(MigrationListener.NONE), "round " + round);
            hosts.assertOneRuns("round " + round);
            assertEquals(devices, qemu(hosts.source).devices());
        }
        hosts.source.toolstack.find(TwoHosts.ID).orElseThrow().destroy();
        hosts.source.assertUnchangedSince(hosts.sourceBefore, "the end");
    }

    @Test
    void theLastPassHasThePagesThatQemuWrote() {
        start();
        QemuHandle qemu = qemu(hosts.source);
        List<Long> written = new ArrayList<>();
        MigrationListener writer = progress -> {
            if (progress.phase() == Phase.COPYING) {
                written.add(written.size() + 1L);
                qemu.write(FRAME, written.size());
            }
        };
        assertEquals(List.of(), migrate(writer));
        assertFalse(written.isEmpty());
        assertEquals(written.size(), read(hosts.target));
    }

    @Test
    void theLastPassHasThePageThatQemuWroteWhenItStopped() {
        start();
        qemu(hosts.source).writeAtStop(FRAME, 153);
        assertEquals(List.of(), migrate(MigrationListener.NONE));
        assertEquals(153, read(hosts.target));
    }

    @Test
    void qemuKeepsNoLogBeforeAndAfterAndHasNoDisksWhileTheOtherHostBuilds() {
        start();
        QemuHandle qemu = qemu(hosts.source);
        assertFalse(qemu.logsWrites());
        List<Boolean> logged = new ArrayList<>();
        List<Boolean> open = new ArrayList<>();
        MigrationListener listener = progress -> {
            if (progress.phase() == Phase.COPYING) {
                logged.add(qemu.logsWrites());
            } else {
                open.add(qemu.hasDisksOpen());
            }
        };
        hosts.migrate(hosts.source.toolstack, hosts.target.toolstack, new TestCable().breakingDownAfter(70), listener);
        assertFalse(logged.isEmpty() || logged.contains(false), logged.toString());
        assertFalse(open.isEmpty() || open.contains(true), open.toString());
        assertSame(hosts.source, hosts.assertOneRuns("a lost answer"));
        hosts.assertOneRunsAndNothingElseIsLeft("a lost answer");
        assertFalse(qemu.logsWrites());
        assertTrue(qemu.isRunning() && qemu.hasDisksOpen());
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 60, 20_000, 5_000_000, 17_000_000})
    void guestAndDevicesRunOnIfTheStreamBreaks(long bytes) {
        start();
        List<Throwable> failures = hosts.migrate(new TestCable().breakingUpAfter(bytes));
        assertEquals(2, failures.size(), failures.toString());
        assertSame(hosts.source, hosts.assertOneRuns(bytes + " bytes"));
        hosts.assertOneRunsAndNothingElseIsLeft(bytes + " bytes");
        assertFalse(qemu(hosts.source).logsWrites());
    }

    /** The receiver's messages are 54, 34 and 40 bytes long. */
    @ParameterizedTest
    @ValueSource(longs = {0, 20, 54, 70, 88, 100, 127, 128})
    void exactlyOneRunsIfAnAnswerIsLost(long bytes) {
        start();
        hosts.migrate(new TestCable().breakingDownAfter(bytes));
        hosts.assertOneRunsAndNothingElseIsLeft(bytes + " bytes");
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 43, 44})
    void exactlyOneRunsIfThePermissionIsLost(long bytes) {
        start();
        hosts.migrate(new TestCable().breakingInPermissionAfter(bytes));
        assertSame(bytes == 44 ? hosts.target : hosts.source, hosts.assertOneRuns(bytes + " bytes"));
        hosts.assertOneRunsAndNothingElseIsLeft(bytes + " bytes");
    }

    @ParameterizedTest
    @ValueSource(strings = {"query-status", "xen-set-global-dirty-log", "stop", "add-fd", "xen-save-devices-state"})
    void aGuestWhoseQemuRefusesACommandRunsOn(String command) {
        start();
        qemu(hosts.source).refuse(command, 1);
        List<Throwable> failures = migrate(MigrationListener.NONE);
        assertInstanceOf(DeviceModelException.class, failures.get(0), command);
        assertTrue(failures.get(0).getMessage().contains("refuses " + command), failures.toString());
        assertSame(hosts.source, hosts.assertOneRuns(command));
        hosts.assertOneRunsAndNothingElseIsLeft(command);
        assertTrue(qemu(hosts.source).isRunning());
        assertEquals(List.of(), migrate(MigrationListener.NONE));
        assertSame(hosts.target, hosts.assertOneRuns("a second migration"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"qmp_xen_set_global_dirty_log", "qmp_stop", "qmp_xen_save_devices_state"})
    void aGuestWhoseQemuDoesNotAnswerACommandRunsOn(String command) {
        start();
        hosts.source.faults.inject(Fault.nthOf(command, 1, Errno.EAGAIN));
        List<Throwable> failures = migrate(MigrationListener.NONE);
        hosts.source.faults.heal();
        assertInstanceOf(DeviceModelException.class, failures.get(0), command);
        assertSame(hosts.source, hosts.assertOneRuns(command));
        hosts.assertOneRunsAndNothingElseIsLeft(command);
        assertTrue(qemu(hosts.source).isRunning());
    }

    /** The receiver's QEMU may hold the lock of a disk until it has ended. */
    @Test
    void theDevicesContinueOnceTheOtherQemuHasUnlockedTheDisks() {
        start();
        qemu(hosts.source).refuse("cont", 2);
        hosts.migrate(new TestCable().breakingDownAfter(70));
        assertSame(hosts.source, hosts.assertOneRuns("a lock"));
        hosts.assertOneRunsAndNothingElseIsLeft("a lock");
        assertTrue(qemu(hosts.source).isRunning());
    }

    @Test
    void aReadOnlyDiskOfQemuMigratesWithAPvhGuest() {
        String bus = "/local/domain/0/backend/qdisk/" + hosts.start(17, 17).domid() + "/5632";
        hosts.source.observer.store().write(XenStore.NO_TRANSACTION, bus + "/mode", new byte[] {'r'});
        assertEquals(List.of(), migrate(MigrationListener.NONE));
        assertSame(hosts.target, hosts.assertOneRuns("a migration"));
    }

    private void startWithQcow2(Path directory) throws IOException {
        Path image = Files.write(directory.resolve("disk.qcow2"), new byte[4096]);
        hosts.start(TestHost.hvmGuest("web", 17, 17)
                .disks(List.of(DiskConfig.builder("xvda")
                        .target(image.toString())
                        .format(DiskConfig.Format.QCOW2)
                        .build())));
    }

    /** The QEMU that waits has the image open for reading only, and reads its tables again when the other has given it up. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void noTwoQemusWriteADiskThatQemuServes(boolean within, @TempDir Path directory) throws IOException {
        if (within) {
            hosts.close();
            hosts = TwoHosts.oneHost().using(MigrationProtocol.OWN);
        }
        startWithQcow2(directory);
        QemuHandle sender = qemu(hosts.source);
        TestHost target = within ? hosts.source : hosts.target;
        List<Boolean> waited = new ArrayList<>();
        MigrationListener listener = progress -> target.xen.qemu(within ? 2 : 1).ifPresent(receiver -> {
            waited.add(sender.hasDisksOpen());
            assertFalse(receiver.hasDisksOpen());
        });
        assertEquals(List.of(), migrate(listener));
        hosts.assertOneRuns("a migration");
        assertTrue(waited.contains(true), waited.toString());
        assertFalse(sender.hasDisksOpen());
        assertTrue(qemu(target).hasDisksOpen());
        String bus = "/local/domain/0/backend/qdisk/" + (within ? 2 : 1) + "/51712/mode";
        assertArrayEquals(new byte[] {'w'}, target.observer.store().read(XenStore.NO_TRANSACTION, bus));
    }

    @Test
    void aFailureGivesTheDiskThatQemuServesBack(@TempDir Path directory) throws IOException {
        startWithQcow2(directory);
        hosts.migrate(new TestCable().breakingDownAfter(70));
        assertSame(hosts.source, hosts.assertOneRuns("a lost answer"));
        hosts.assertOneRunsAndNothingElseIsLeft("a lost answer");
        assertTrue(qemu(hosts.source).hasDisksOpen());
    }

    /** Its QEMU would not open the disks again after a failure. */
    @Test
    void aGuestThatSleepsIsNotMigrated() {
        Domain domain = start();
        qemu(hosts.source).sleep();
        List<Throwable> failures = hosts.migrate(new TestCable().breakingDownAfter(70));
        assertTrue(failures.get(0).getMessage().contains("the guest sleeps"), failures.toString());
        assertFalse(info(domain).shutdown());
        assertTrue(qemu(hosts.source).hasDisksOpen());
        hosts.target.assertUnchangedSince(hosts.targetBefore, "a refusal");
    }

    /** The receiver's QEMU is asked for the first time by its own process. */
    @ParameterizedTest
    @ValueSource(strings = {"migrate-set-capabilities", "getfd", "migrate-incoming", "cont"})
    void theGuestRunsOnIfTheOtherQemuFails(String command) {
        start();
        hosts.target.faults.inject(Fault.nthOf("qmp_" + command.replace('-', '_'), 1, Errno.EIO));
        List<Throwable> failures = migrate(MigrationListener.NONE);
        hosts.target.faults.heal();
        assertInstanceOf(MigrationException.class, failures.get(0), failures.toString());
        assertSame(hosts.source, hosts.assertOneRuns(command));
        hosts.assertOneRunsAndNothingElseIsLeft(command);
    }

    /** It waits for the state of the devices from before the first page on, and has no disk open for writing. */
    @Test
    void theGuestRunsOnIfTheOtherQemuEndsWhileMemoryIsCopied() {
        start();
        List<Boolean> open = new ArrayList<>();
        MigrationListener killer = progress -> hosts.target.xen.qemu(1).ifPresent(waiting -> {
            open.add(waiting.hasDisksOpen());
            if (progress.phase() == Phase.COPYING && open.size() > 1) {
                waiting.end();
            }
        });
        List<Throwable> failures = migrate(killer);
        assertInstanceOf(MigrationException.class, failures.get(0), failures.toString());
        assertEquals(List.of(false, false), open);
        assertSame(hosts.source, hosts.assertOneRuns("an end of QEMU"));
        hosts.assertOneRunsAndNothingElseIsLeft("an end of QEMU");
    }

    private DomainInfo info(Domain domain) {
        return hosts.source.xenctrl.domains().info(domain.domid()).orElseThrow();
    }

    @Test
    void aGuestWithoutItsQemuIsNotMigrated() {
        Domain domain = start();
        qemu(hosts.source).end();
        List<Throwable> failures = migrate(MigrationListener.NONE);
        assertInstanceOf(DeviceModelException.class, failures.get(0), failures.toString());
        assertFalse(info(domain).shutdown());
        hosts.target.assertUnchangedSince(hosts.targetBefore, "a refusal");
    }

    /** Without its devices, the guest would hang at its next access to one. */
    @Test
    void aGuestWhoseQemuEndsWhileItIsSuspendedCountsAsCrashed() {
        Domain domain = start();
        QemuHandle qemu = qemu(hosts.source);
        MigrationListener killer = progress -> {
            if (progress.phase() == Phase.WAITING) {
                qemu.end();
            }
        };
        List<Throwable> failures = hosts.migrate(
                hosts.source.toolstack, hosts.target.toolstack, new TestCable().breakingDownAfter(70), killer);
        String message = failures.get(0).getMessage();
        assertTrue(message.contains("has crashed"), message);
        assertTrue(info(domain).shutdown());
        assertEquals(ShutdownReason.CRASH.code(), info(domain).shutdownReason());
        hosts.target.assertUnchangedSince(hosts.targetBefore, "a failure");
        assertTrue(hosts.source.toolstack.leftovers().find().isEmpty());
    }

    @Test
    void takingBackAGuestWhoseQemuHasEndedFails() {
        Domain domain = start();
        hosts.beforeAnswer = () -> {
            throw new UncheckedIOException(new IOException("no answer"));
        };
        hosts.migrate(new TestCable().breakingDownAfter(100));
        hosts.beforeAnswer = () -> {};
        hosts.target.toolstack.find(TwoHosts.ID).ifPresent(Domain::destroy);
        qemu(hosts.source).end();
        DomainMigration away = domain.migration();
        MigrationTarget target = hosts.target(new TestCable());
        assertThrows(DeviceModelException.class, () -> away.takeBack(target, TwoHosts.LIMITS));
        assertEquals(ShutdownReason.CRASH.code(), info(domain).shutdownReason());
    }

    @Test
    void aGuestWhoseQemuEndsWhileMemoryIsCopiedRunsOnAsWithoutAMigration() {
        Domain domain = start();
        QemuHandle qemu = qemu(hosts.source);
        MigrationListener killer = progress -> {
            if (progress.phase() == Phase.COPYING) {
                qemu.end();
            }
        };
        List<Throwable> failures = migrate(killer);
        assertInstanceOf(DeviceModelException.class, failures.get(0), failures.toString());
        assertFalse(qemuIsThere(domain));
    }

    private boolean qemuIsThere(Domain domain) {
        return hosts.source.xen.qemu(domain.domid()).isPresent();
    }

    /** What the driver domain holds back would be written over what the guest writes on the other host. */
    @Test
    void aGuestWithAWritableDiskOfADriverDomainIsNotMigrated() {
        Domain domain = hosts.start(17, 17);
        String disk = "/libxl/" + domain.domid() + "/device/vbd/51712/";
        write(disk + "backend", "/local/domain/7/backend/vbd/" + domain.domid() + "/51712");
        write(disk + "mode", "w");
        List<Throwable> failures = hosts.migrate(new TestCable());
        assertTrue(failures.get(0).getMessage().contains("a driver domain serves a disk"), failures.toString());
        assertSame(hosts.source, hosts.assertOneRuns("a refusal"));
        write(disk + "mode", "r");
        String other = hosts.migrate(new TestCable()).toString();
        assertFalse(other.contains("a driver domain serves a disk"), other);
    }

    private void write(String node, String text) {
        hosts.source.observer.store().write(XenStore.NO_TRANSACTION, node, text.getBytes());
    }
}
