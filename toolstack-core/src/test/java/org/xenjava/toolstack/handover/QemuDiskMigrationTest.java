// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.handover;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.xenjava.toolstack.handover.RecordedCalls.named;
import static org.xenjava.toolstack.handover.RecordedCalls.writing;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.config.DiskConfig;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.error.DeviceModelException;
import org.xenjava.toolstack.error.DomainStateException;
import org.xenjava.toolstack.error.MigrationException;
import org.xenjava.toolstack.host.TestHost;
import org.xenjava.toolstack.migrate.MigrationProtocol;
import org.xenjava.toolstack.progress.MigrationListener;
import org.xenjava.toolstack.progress.MigrationProgress.Phase;
import org.xenjava.toolstack.sim.fault.FaultSite;
import org.xenjava.toolstack.sim.guest.QemuHandle;
import org.xenjava.toolstack.xenctrl.lib.XenStore;

/** Migrates PVH guests with a disk that QEMU serves. */
class QemuDiskMigrationTest {
    private static final String DISK = "/local/domain/0/backend/qdisk/1/51712";

    @TempDir
    private Path directory;

    private TwoHosts hosts = TwoHosts.create().using(MigrationProtocol.OWN);

    @AfterEach
    void close() {
        hosts.close();
    }

    private Domain start() {
        return hosts.start(TwoHosts.guestWithQemuDisk(directory));
    }

    private List<Throwable> migrate(TestCable cable, MigrationListener listener) {
        return hosts.migrate(hosts.source.toolstack, hosts.target.toolstack, cable, listener);
    }

    private static QemuHandle qemu(TestHost host) {
        return host.xen
                .qemu(host.toolstack.find(TwoHosts.ID).orElseThrow().domid())
                .orElseThrow();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theOtherQemuWaitsWithoutTheDiskAndOpensItOnceTheSendersHasGivenItUp(boolean within) {
        if (within) {
            hosts.close();
            hosts = TwoHosts.oneHost().using(MigrationProtocol.OWN);
        }
        start();
        QemuHandle sender = qemu(hosts.source);
        List<Boolean> waited = new ArrayList<>();
        MigrationListener listener =
                progress -> hosts.target.xen.qemu(within ? 2 : 1).ifPresent(receiver -> {
                    waited.add(sender.hasDisksOpen());
                    assertFalse(receiver.hasDisksOpen());
                });
        assertEquals(List.of(), migrate(new TestCable(), listener));
        assertTrue(waited.contains(true) && waited.contains(false), waited.toString());
        assertSame(hosts.target, hosts.assertOneRuns("a migration"));
        assertFalse(sender.hasDisksOpen());
        assertTrue(qemu(hosts.target).hasDisksOpen());
    }

    @Test
    void aFailureAfterTheSuspensionGivesTheDiskBack() {
        start();
        List<Boolean> open = new ArrayList<>();
        MigrationListener listener = progress -> {
            if (progress.phase() == Phase.WAITING) {
                open.add(qemu(hosts.source).hasDisksOpen());
            }
        };
        assertEquals(
                2, migrate(new TestCable().breakingDownAfter(110), listener).size());
        assertEquals(List.of(false), open);
        assertSame(hosts.source, hosts.assertOneRuns("a lost answer"));
        hosts.assertOneRunsAndNothingElseIsLeft("a lost answer");
        assertTrue(qemu(hosts.source).hasDisksOpen() && qemu(hosts.source).isRunning());
    }

    /** The guest goes back only once nothing of it is left on the other host. */
    @Test
    void aQemuThatDoesNotOpenTheDiskGivesTheGuestBack() {
        start();
        MigrationListener killer = progress -> {
            if (progress.phase() == Phase.WAITING) {
                hosts.target.xen.qemu(1).ifPresent(QemuHandle::end);
            }
        };
        List<Throwable> failures = migrate(new TestCable(), killer);
        assertInstanceOf(MigrationException.class, failures.get(0), failures.toString());
        assertTrue(failures.get(0).getMessage().contains("attaching disk 51712"), failures.toString());
        assertSame(hosts.source, hosts.assertOneRuns("a refusal"));
        hosts.assertOneRunsAndNothingElseIsLeft("a refusal");
        assertEquals(List.of(), migrate(new TestCable(), MigrationListener.NONE));
        assertSame(hosts.target, hosts.assertOneRuns("a second migration"));
    }

    /** The other configuration names a qcow2 image for the raw disk of the guest. */
    @Test
    void theOtherConfigurationMayNeedQemu() {
        DomainConfig needing = TwoHosts.guestWithQemuDisk(directory).build();
        hosts.start(needing.toBuilder()
                .disks(List.of(DiskConfig.builder("xvda")
                        .target(directory.resolve("disk.qcow2").toString())
                        .build())));
        hosts.wishes = migration -> migration.sending(needing);
        assertEquals(List.of(), migrate(new TestCable(), MigrationListener.NONE));
        assertSame(hosts.target, hosts.assertOneRuns("a migration"));
        assertTrue(qemu(hosts.target).hasDisksOpen());
    }

    /** xl's sender keeps the disk open until the guest runs on the other host. */
    @Test
    void aSenderThatDoesNotGiveTheDiskUpIsRefused() {
        Domain domain = start();
        hosts.using(MigrationProtocol.XL);
        // The sender takes the disk for one that nobody writes.
        hosts.source
                .observer
                .store()
                .write(XenStore.NO_TRANSACTION, DISK.replace("/1/", "/" + domain.domid() + "/") + "/mode", new byte[] {
                    'r'
                });
        hosts.sourceRunning = hosts.source.state();
        List<Throwable> failures = migrate(new TestCable(), MigrationListener.NONE);
        assertInstanceOf(DomainStateException.class, failures.get(1), failures.toString());
        assertTrue(failures.get(1).getMessage().contains("gives the image up"), failures.toString());
        assertSame(hosts.source, hosts.assertOneRuns("a refusal"));
        hosts.assertOneRunsAndNothingElseIsLeft("a refusal");
    }

    @ParameterizedTest
    @ValueSource(strings = {"query-status", "stop", "add-fd", "xen-save-devices-state"})
    void aGuestWhoseQemuRefusesACommandRunsOn(String command) {
        start();
        qemu(hosts.source).refuse(command, 1);
        List<Throwable> failures = migrate(new TestCable(), MigrationListener.NONE);
        assertInstanceOf(DeviceModelException.class, failures.get(0), command);
        assertSame(hosts.source, hosts.assertOneRuns(command));
        hosts.assertOneRunsAndNothingElseIsLeft(command);
        assertTrue(qemu(hosts.source).isRunning());
    }

    @Test
    void aGuestWithoutItsQemuIsNotMigrated() {
        start();
        qemu(hosts.source).end();
        List<Throwable> failures = migrate(new TestCable(), MigrationListener.NONE);
        assertInstanceOf(DeviceModelException.class, failures.get(0), failures.toString());
        hosts.target.assertUnchangedSince(hosts.targetBefore, "a refusal");
    }

    @Test
    void qemuStartsBeforeTheMemoryAndASuspendedGuestWaitsForFewCalls() {
        start();
        RecordedCalls sender = new RecordedCalls();
        RecordedCalls receiver = new RecordedCalls();
        hosts.migrateRecording(sender, receiver);
        int firstPage = receiver.first(named("XENMEM_populate_physmap"));
        assertTrue(receiver.first(writing("/image/device-model-pid")) < firstPage);
        assertTrue(receiver.first(writing(DISK + "/frontend")) < firstPage);
        assertTrue(receiver.first(writing(DISK + "/state")) > receiver.first(named("XEN_DOMCTL_sethvmcontext")));
        RecordedCalls sending = sender.between(
                sender.first(named("xs_unwatch").and(call -> call.path().equals(Optional.of("@releaseDomain")))),
                sender.first(writing("/given-away-to")));
        sending.assertAtMost(6, RecordedCalls::isToQemu, "commands of QEMU");
        sending.assertAtMost(42, FaultSite::toXenstored, "messages to xenstored");
        RecordedCalls receiving = receiver.between(
                receiver.first(named("XEN_DOMCTL_settscinfo")), receiver.first(named("XEN_DOMCTL_unpausedomain")));
        receiving.assertAtMost(0, RecordedCalls::isToQemu, "commands of QEMU");
        receiving.assertAtMost(1, named("xs_watch"), "waits");
        receiving.assertAtMost(40, FaultSite::toXenstored, "messages to xenstored");
    }
}
