// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.handover;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.xenjava.toolstack.handover.RecordedCalls.named;
import static org.xenjava.toolstack.handover.RecordedCalls.writing;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.config.NicConfig;
import org.xenjava.toolstack.host.TestHost;
import org.xenjava.toolstack.sim.fault.FaultSite;

/** Counts the calls of both ends for the QEMU of an HVM guest, before and while the guest is suspended. */
class HvmDowntimeTest {
    private final RecordedCalls sender = new RecordedCalls();
    private final RecordedCalls receiver = new RecordedCalls();

    @BeforeEach
    void migrateAGuestWithACard() {
        try (TwoHosts hosts = TwoHosts.create()) {
            hosts.start(TestHost.hvmGuest("web", 17, 17)
                    .nics(List.of(NicConfig.builder().build())));
            hosts.migrateRecording(sender, receiver);
        }
    }

    @Test
    void qemuIsThereAndTheCardsAreConnectedBeforeTheMemory() {
        int firstPage = receiver.first(named("XENMEM_populate_physmap"));
        assertTrue(receiver.first(writing("/image/device-model-pid")) < firstPage);
        assertTrue(receiver.first(writing("/backend/vif/1/0/hotplug-status")) < firstPage);
    }

    @Test
    void qemuLoadsItsDevicesWhileTheRestIsDone() {
        int load = receiver.first(named("qmp_migrate_incoming"));
        assertTrue(receiver.first(named("XEN_DOMCTL_sethvmcontext")) < load);
        assertTrue(receiver.first(named("xs_introduce_domain")) > load);
    }

    @Test
    void aSuspendedGuestWaitsForFewCommandsOfItsQemu() {
        RecordedCalls waiting = sender.between(
                sender.first(named("xs_unwatch").and(call -> call.path().equals(Optional.of("@releaseDomain")))),
                sender.first(writing("/given-away-to")));
        waiting.assertAtMost(6, RecordedCalls::isToQemu, "commands of QEMU");
        waiting.assertAtMost(56, FaultSite::toXenstored, "messages to xenstored");
    }

    @Test
    void aSuspendedGuestWaitsForFewCommandsOfTheOtherQemu() {
        RecordedCalls waiting = receiver.between(
                receiver.first(named("XEN_DOMCTL_settscinfo")), receiver.first(named("XEN_DOMCTL_unpausedomain")));
        waiting.assertAtMost(0, writing("device-model-pid"), "starts of QEMU");
        waiting.assertAtMost(8, RecordedCalls::isToQemu, "commands of QEMU");
        waiting.assertAtMost(20, FaultSite::toXenstored, "messages to xenstored");
    }
}
