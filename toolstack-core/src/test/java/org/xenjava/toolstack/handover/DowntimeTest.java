// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.handover;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xenjava.toolstack.config.DiskConfig;
import org.xenjava.toolstack.config.NicConfig;
import org.xenjava.toolstack.host.TestHost;
import org.xenjava.toolstack.host.TestProcess;
import org.xenjava.toolstack.progress.MigrationListener;
import org.xenjava.toolstack.sim.fault.FaultSite;
import org.xenjava.toolstack.sim.fault.Verdict;

/** Counts the calls of both ends of a migration while the guest is suspended. */
class DowntimeTest {
    private static final int IMAGE_BYTES = 1 << 20;

    @TempDir
    private Path directory;

    private final List<FaultSite> sender = new ArrayList<>();
    private final List<FaultSite> receiver = new ArrayList<>();

    @BeforeEach
    void migrateAGuestWithADiskAndACard() throws IOException {
        Path image = Files.write(directory.resolve("disk.img"), new byte[IMAGE_BYTES]);
        try (TwoHosts hosts = TwoHosts.create()) {
            hosts.start(TestHost.guest("web", 20, 20)
                    .disks(List.of(
                            DiskConfig.builder("xvda").target(image.toString()).build()))
                    .nics(List.of(NicConfig.builder().build())));
            assertEquals(
                    List.of(),
                    hosts.migrate(
                            recorded(hosts.source.newProcess(), sender).open(),
                            recorded(hosts.target.newProcess(), receiver).open(),
                            new TestCable(),
                            MigrationListener.NONE));
            hosts.assertOneRuns("a migration");
        }
    }

    private static TestProcess recorded(TestProcess process, List<FaultSite> calls) {
        process.faults().inject(call -> {
            // A thread of its own reads the watches.
            synchronized (calls) {
                if (!call.name().equals("xs_read_watch") && !call.name().equals("xs_check_watch")) {
                    calls.add(call);
                }
            }
            return new Verdict.Passes();
        });
        return process;
    }

    private static Predicate<FaultSite> named(String name) {
        return call -> call.name().equals(name);
    }

    private static Predicate<FaultSite> writing(String pathEnd) {
        return named("xs_write").and(call -> call.path().orElse("").endsWith(pathEnd));
    }

    private static int first(List<FaultSite> calls, Predicate<FaultSite> wanted) {
        for (int i = 0; i < calls.size(); i++) {
            if (wanted.test(calls.get(i))) {
                return i;
            }
        }
        throw new AssertionError("no such call among " + calls);
    }

    private static long count(List<FaultSite> calls, Predicate<FaultSite> counted) {
        return calls.stream().filter(counted).count();
    }

    private static boolean isHypercall(FaultSite call) {
        return call.name().matches("[A-Z].*");
    }

    private static void assertAtMost(long most, List<FaultSite> calls, Predicate<FaultSite> counted, String what) {
        long found = count(calls, counted);
        assertTrue(found <= most, found + " " + what + ": " + calls);
    }

    @Test
    void backEndsAreThereBeforeTheMemoryAndFilesAreOpenedAfterIt() {
        int firstPage = first(receiver, named("XENMEM_populate_physmap"));
        int lastState = first(receiver, named("XEN_DOMCTL_sethvmcontext"));
        assertTrue(first(receiver, writing("/backend/vbd/1/51712/frontend")) < firstPage);
        assertTrue(first(receiver, writing("/backend/vif/1/0/hotplug-status")) < firstPage);
        assertTrue(first(receiver, named("host_attach_loop")) > lastState);
        assertTrue(first(receiver, writing("/backend/vbd/1/51712/physical-device")) > lastState);
    }

    @Test
    void aSuspendedGuestWaitsForFewCallsOfTheReceiver() {
        List<FaultSite> waiting = receiver.subList(
                first(receiver, named("XEN_DOMCTL_settscinfo")), first(receiver, named("XEN_DOMCTL_unpausedomain")));
        assertAtMost(0, waiting, writing("/backend/vbd/1/51712/frontend"), "devices created");
        assertAtMost(1, waiting, named("xs_watch"), "waits");
        assertAtMost(4, waiting, named("xs_transaction_start"), "transactions");
        assertAtMost(39, waiting, FaultSite::toXenstored, "messages to xenstored");
        assertAtMost(7, waiting, DowntimeTest::isHypercall, "hypercalls");
    }

    @Test
    void afterThePermissionTheReceiverNeedsOneTransaction() {
        List<FaultSite> waiting = receiver.subList(
                first(receiver, named("XEN_SYSCTL_getdomaininfolist").and(call -> call.number() > opened())),
                first(receiver, named("XEN_DOMCTL_unpausedomain")));
        assertEquals(1, count(waiting, named("xs_transaction_start")), waiting.toString());
        assertAtMost(22, waiting, FaultSite::toXenstored, "messages to xenstored");
        assertAtMost(2, waiting, DowntimeTest::isHypercall, "hypercalls");
    }

    private long opened() {
        return receiver.get(first(receiver, named("host_attach_loop"))).number();
    }

    @Test
    void aSuspendedGuestWaitsForFewCallsOfTheSender() {
        int stopped = first(sender, named("xs_unwatch").and(call -> call.path().equals(Optional.of("@releaseDomain"))));
        int gone = first(sender, writing("/given-away-to"));
        List<FaultSite> waiting = sender.subList(stopped, gone);
        assertAtMost(1, waiting, named("xs_transaction_start"), "transactions");
        assertAtMost(0, waiting, named("xs_watch"), "waits");
        assertAtMost(42, waiting, FaultSite::toXenstored, "messages to xenstored");
        assertAtMost(7, waiting, named("XEN_DOMCTL_getpageframeinfo3"), "questions for frames");
        assertAtMost(37, waiting, DowntimeTest::isHypercall, "hypercalls");
    }
}
