// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.resize;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.host.TestHost;
import org.xenjava.toolstack.host.TestProcess;
import org.xenjava.toolstack.memory.PodPolicy;
import org.xenjava.toolstack.pod.GuardBench;
import org.xenjava.toolstack.pod.GuardMode;
import org.xenjava.toolstack.pod.GuardPolicy;
import org.xenjava.toolstack.pod.PodGuard;
import org.xenjava.toolstack.sim.fault.Fault;
import org.xenjava.toolstack.sim.fault.FaultInjection;
import org.xenjava.toolstack.sim.fault.FaultSite;
import org.xenjava.toolstack.sim.fault.Verdict;
import org.xenjava.toolstack.sim.guest.BalloonDriver;
import org.xenjava.toolstack.sim.guest.BalloonFamily;
import org.xenjava.toolstack.xenctrl.units.KiB;

/** The hypercalls of operations that change memory, in their order, and where they are in relation to transactions. */
class MemoryCallsTest {
    private static final GuardPolicy AT_ONCE = GuardPolicy.standard()
            .withMode(GuardMode.COVER_AT_ONCE)
            .withTimeouts(Duration.ZERO, Duration.ZERO, Duration.ZERO);

    private final TestHost host = TestHost.create();
    private final List<FaultSite> calls = new ArrayList<>();

    @AfterEach
    void close() {
        host.close();
    }

    /** Does that and notes every call. */
    private void noting(FaultInjection libraries, Runnable work) {
        calls.clear();
        Fault note = call -> {
            calls.add(call);
            return new Verdict.Passes();
        };
        libraries.inject(note);
        work.run();
        libraries.heal();
    }

    private List<String> hypercalls() {
        return calls.stream()
                .map(FaultSite::name)
                .filter(name -> name.startsWith("XEN"))
                .toList();
    }

    private void assertNoHypercallAndNoTransactionInATransaction() {
        boolean open = false;
        int transactions = 0;
        for (FaultSite call : calls) {
            switch (call.method()) {
                case "transactionStart" -> {
                    assertFalse(open, "nested: " + call);
                    open = true;
                    transactions++;
                }
                case "transactionCommit", "transactionAbort" -> open = false;
                default -> assertTrue(!open || call.toXenstored(), "in an open transaction: " + call);
            }
        }
        assertTrue(transactions > 0, "nothing was committed");
    }

    private Domain create(String name) {
        return host.toolstack.create(TestHost.guest(name, 64, 128).build());
    }

    @Test
    void aRaiseBeforeTheGuestHasBalloonedIsSevenHypercalls() {
        Domain domain = create("web");
        noting(host.faults, () -> domain.memory().set(KiB.ofMiB(96)));
        assertEquals(
                List.of(
                        "XEN_DOMCTL_getdomaininfo",
                        "XENMEM_get_pod_target",
                        "XEN_DOMCTL_max_mem",
                        "XENMEM_claim_pages",
                        "XENMEM_set_pod_target",
                        "XENMEM_claim_pages",
                        "XEN_DOMCTL_getdomaininfo"),
                hypercalls());
        assertNoHypercallAndNoTransactionInATransaction();
    }

    @Test
    void aReductionIsFourHypercalls() {
        Domain domain = create("web");
        noting(host.faults, () -> domain.memory().set(KiB.ofMiB(32)));
        assertEquals(
                List.of(
                        "XEN_DOMCTL_getdomaininfo",
                        "XENMEM_get_pod_target",
                        "XEN_DOMCTL_max_mem",
                        "XEN_DOMCTL_getdomaininfo"),
                hypercalls());
        assertNoHypercallAndNoTransactionInATransaction();
    }

    @Test
    void memMaxIsTwoHypercalls() {
        Domain domain = create("web");
        noting(host.faults, () -> domain.memory().setMaximum(KiB.ofMiB(256)));
        assertEquals(List.of("XEN_DOMCTL_getdomaininfo", "XEN_DOMCTL_max_mem"), hypercalls());
        assertNoHypercallAndNoTransactionInATransaction();
    }

    @Test
    void aCommitThatMeetsAnotherProcessesSizeIsDecidedAgain() {
        Domain domain = create("web");
        TestProcess other = host.newProcess();
        try (Toolstack second = other.open()) {
            other.faults().inject(raceWith(() -> domain.memory().set(KiB.ofMiB(80))));
            second.resolve("web").memory().set(KiB.ofMiB(72));
        }
        assertEquals(KiB.ofMiB(72), domain.memory().status().target());
        assertEquals((72 + 2) * 256, domain.memory().status().maxPages().count());
        assertEquals(
                0, host.xenctrl.domains().info(domain.domid()).orElseThrow().outstandingPages());
    }

    /** Runs the other's work once, when the first has given Xen its orders. */
    private static Fault raceWith(Runnable other) {
        boolean[] done = new boolean[1];
        return call -> {
            if (call.name().equals("XEN_DOMCTL_max_mem") && !done[0]) {
                done[0] = true;
                other.run();
            }
            return new Verdict.Passes();
        };
    }

    @Test
    void aBuildIssuesNoHypercallInATransaction() {
        noting(host.faults, () -> create("web"));
        assertNoHypercallAndNoTransactionInATransaction();
    }

    @Test
    void aCoverIssuesNoHypercallInATransaction() {
        try (GuardBench bench = new GuardBench(PodPolicy.libxl(), BalloonDriver.of(BalloonFamily.NONE))) {
            Domain domain = bench.start("web");
            TestProcess process = bench.host.newProcess();
            PodGuard guard = bench.guard(AT_ONCE, process, process.faults());
            noting(process.faults(), () -> bench.run(Duration.ofSeconds(10), guard));
            assertEquals(0, bench.debt(domain));
            assertTrue(
                    Collections.indexOfSubList(
                                    hypercalls(),
                                    List.of(
                                            "XEN_DOMCTL_max_mem",
                                            "XENMEM_claim_pages",
                                            "XEN_SYSCTL_physinfo",
                                            "XENMEM_set_pod_target",
                                            "XENMEM_claim_pages"))
                            >= 0,
                    hypercalls().toString());
            assertNoHypercallAndNoTransactionInATransaction();
        }
    }
}
