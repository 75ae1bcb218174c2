// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.handover;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.xenjava.toolstack.handover.RecordedCalls.named;
import static org.xenjava.toolstack.handover.RecordedCalls.writing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xenjava.toolstack.config.DiskConfig;
import org.xenjava.toolstack.config.NicConfig;
import org.xenjava.toolstack.host.TestHost;
import org.xenjava.toolstack.sim.fault.FaultSite;

/** Counts the calls of both ends of a migration while the guest is suspended. */
class DowntimeTest {
    private static final int IMAGE_BYTES = 1 << 20;

    @TempDir
    private Path directory;

    private final RecordedCalls sender = new RecordedCalls();
    private final RecordedCalls receiver = new RecordedCalls();

    @BeforeEach
    void migrateAGuestWithADiskAndACard() throws IOException {
        Path image = Files.write(directory.resolve("disk.img"), new byte[IMAGE_BYTES]);
        try (TwoHosts hosts = TwoHosts.create()) {
            hosts.start(TestHost.guest("web", 20, 20)
                    .disks(List.of(
                            DiskConfig.builder("xvda").target(image.toString()).build()))
                    .nics(List.of(NicConfig.builder().build())));
            hosts.migrateRecording(sender, receiver);
        }
    }

    @Test
    void backEndsAreThereBeforeTheMemoryAndFilesAreOpenedAfterIt() {
        int firstPage = receiver.first(named("XENMEM_populate_physmap"));
        int lastState = receiver.first(named("XEN_DOMCTL_sethvmcontext"));
        assertTrue(receiver.first(writing("/backend/vbd/1/51712/frontend")) < firstPage);
        assertTrue(receiver.first(writing("/backend/vif/1/0/hotplug-status")) < firstPage);
        assertTrue(receiver.first(named("host_attach_loop")) > lastState);
        assertTrue(receiver.first(writing("/backend/vbd/1/51712/physical-device")) > lastState);
    }

    @Test
    void aSuspendedGuestWaitsForFewCallsOfTheReceiver() {
        RecordedCalls waiting = receiver.between(
                receiver.first(named("XEN_DOMCTL_settscinfo")), receiver.first(named("XEN_DOMCTL_unpausedomain")));
        waiting.assertAtMost(0, writing("/backend/vbd/1/51712/frontend"), "devices created");
        waiting.assertAtMost(0, named("xs_watch"), "waits");
        waiting.assertAtMost(3, named("xs_transaction_start"), "transactions");
        waiting.assertAtMost(34, FaultSite::toXenstored, "messages to xenstored");
        waiting.assertAtMost(7, RecordedCalls::isHypercall, "hypercalls");
    }

    @Test
    void afterThePermissionTheReceiverNeedsOneTransaction() {
        RecordedCalls waiting = receiver.between(
                receiver.first(named("XEN_SYSCTL_getdomaininfolist").and(call -> call.number() > opened())),
                receiver.first(named("XEN_DOMCTL_unpausedomain")));
        assertEquals(1, waiting.count(named("xs_transaction_start")), waiting.toString());
        waiting.assertAtMost(22, FaultSite::toXenstored, "messages to xenstored");
        waiting.assertAtMost(2, RecordedCalls::isHypercall, "hypercalls");
    }

    private long opened() {
        return receiver.get(receiver.first(named("host_attach_loop"))).number();
    }

    @Test
    void aSuspendedGuestWaitsForFewCallsOfTheSender() {
        int stopped = sender.first(named("xs_unwatch").and(call -> call.path().equals(Optional.of("@releaseDomain"))));
        int gone = sender.first(writing("/given-away-to"));
        RecordedCalls waiting = sender.between(stopped, gone);
        waiting.assertAtMost(1, named("xs_transaction_start"), "transactions");
        waiting.assertAtMost(0, named("xs_watch"), "waits");
        waiting.assertAtMost(42, FaultSite::toXenstored, "messages to xenstored");
        waiting.assertAtMost(7, named("XEN_DOMCTL_getpageframeinfo3"), "questions for frames");
        waiting.assertAtMost(37, RecordedCalls::isHypercall, "hypercalls");
    }
}
