// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.junit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.junit.platform.testkit.engine.Events;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.error.HostMemoryException;
import org.xenjava.toolstack.error.XenStoreException;
import org.xenjava.toolstack.error.XenUnavailableException;
import org.xenjava.toolstack.memory.PodPolicy;
import org.xenjava.toolstack.progress.Cancellation;
import org.xenjava.toolstack.progress.CreateListener;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.sim.fault.Fault;
import org.xenjava.toolstack.sim.fault.FaultInjection;
import org.xenjava.toolstack.sim.fault.ProcessKilled;
import org.xenjava.toolstack.sim.guest.BalloonDriver;
import org.xenjava.toolstack.sim.guest.BalloonFamily;
import org.xenjava.toolstack.sim.guest.GuestFactory;
import org.xenjava.toolstack.sim.guest.GuestIdentity;
import org.xenjava.toolstack.sim.guest.SimulatedGuest;
import org.xenjava.toolstack.xenctrl.lib.Errno;

class SimulatedXenExtensionTest {
    private static final DomainConfig GUEST = guest(64, 128);

    private static DomainConfig guest(long memoryMib, long maxMemoryMib) {
        return DomainConfig.builder("guest")
                .kernel(TinyKernel.file())
                .memoryMib(memoryMib)
                .maxMemoryMib(maxMemoryMib)
                .build();
    }

    /** Runs a test class as JUnit does and returns the results of its tests. */
    private static Events run(Class<?> tests) {
        return EngineTestKit.engine("junit-jupiter")
                .selectors(selectClass(tests))
                .execute()
                .testEvents();
    }

    private static List<String> failures(Class<?> tests) {
        return run(tests).failed().stream()
                .map(event -> event.getRequiredPayload(TestExecutionResult.class)
                        .getThrowable()
                        .map(Throwable::getMessage)
                        .orElse(""))
                .toList();
    }

    // ---- what a test gets ----------------------------------------------------------------------------------

    @Nested
    @SimulatedHost
    class ATest {
        private final Toolstack inConstructor;
        private Optional<Toolstack> inBeforeEach = Optional.empty();

        ATest(Toolstack toolstack) {
            inConstructor = toolstack;
        }

        @BeforeEach
        void before(Toolstack toolstack) {
            inBeforeEach = Optional.of(toolstack);
        }

        @AfterEach
        void after(Toolstack toolstack) {
            assertSame(inConstructor, toolstack);
        }

        @Test
        void aTestHasOneHostFromItsConstructorToItsEnd(Toolstack toolstack) {
            assertSame(inConstructor, toolstack);
            assertSame(toolstack, inBeforeEach.orElseThrow());
        }

        @Test
        void allParametersOfATestBelongToOneMachine(
                Toolstack toolstack, SimulatedXen xen, FaultInjection faults, ToolstackProcess process) {
            assertSame(toolstack, process.toolstack());
            assertSame(faults, process.faults());
            long calls = faults.calls();
            Domain domain = toolstack.create(GUEST);
            assertTrue(faults.calls() > calls);
            domain.unpause();
            xen.advance(Duration.ofMinutes(1));
            assertTrue(xen.guest(domain.domid()).orElseThrow().saysBalloonIsDone());
        }

        @Test
        void anHvmGuestNeedsNeitherQemuNorFirmware(Toolstack toolstack, SimulatedXen xen) {
            Domain domain = toolstack.create(DomainConfig.builder("hvm")
                    .type(DomainType.HVM)
                    .memoryMib(64)
                    .maxMemoryMib(128)
                    .build());
            domain.unpause();
            xen.advance(Duration.ofMinutes(1));
            assertTrue(xen.guest(domain.domid()).orElseThrow().saysBalloonIsDone());
            assertEquals(0, domain.pod().status().debtPages());
        }
    }

    @SimulatedHost
    static class TwoTests {
        static final List<SimulatedXen> MACHINES = new ArrayList<>();
        static final List<Toolstack> TOOLSTACKS = new ArrayList<>();

        private static void use(Toolstack toolstack, SimulatedXen xen) {
            MACHINES.add(xen);
            TOOLSTACKS.add(toolstack);
            assertEquals(1, toolstack.domains().size());
            toolstack.create(GUEST);
        }

        @Test
        void one(Toolstack toolstack, SimulatedXen xen) {
            use(toolstack, xen);
        }

        @Test
        void another(Toolstack toolstack, SimulatedXen xen) {
            use(toolstack, xen);
        }
    }

    @Test
    void eachTestHasAMachineOfItsOwnAndItsToolstackIsClosedAfterwards() {
        run(TwoTests.class).assertStatistics(stats -> stats.succeeded(2));
        assertNotSame(TwoTests.MACHINES.get(0), TwoTests.MACHINES.get(1));
        for (Toolstack toolstack : TwoTests.TOOLSTACKS) {
            assertThrows(XenUnavailableException.class, () -> toolstack.find("guest"));
        }
    }

    @SimulatedHost
    static class SharedByAll {
        @BeforeAll
        static void once(Toolstack toolstack) {}

        @Test
        void test() {}
    }

    @Test
    void aParameterOfABeforeAllMethodIsRefused() {
        List<String> messages = EngineTestKit.engine("junit-jupiter")
                .selectors(selectClass(SharedByAll.class))
                .execute()
                .containerEvents()
                .failed()
                .stream()
                .map(event -> event.getRequiredPayload(TestExecutionResult.class)
                        .getThrowable()
                        .orElseThrow()
                        .getMessage())
                .toList();
        assertEquals(1, messages.size());
        assertTrue(messages.get(0).contains("each test has a simulated host of its own"), messages.get(0));
    }

    // ---- what the host is like -----------------------------------------------------------------------------

    private static long freeMib(Toolstack toolstack) {
        return toolstack.host().freeMemory().count() / 256;
    }

    /** A guest that never gives a page back. */
    static final class Stuck implements GuestFactory {
        @Override
        public SimulatedGuest guestFor(GuestIdentity identity) {
            return SimulatedGuest.with(BalloonDriver.of(BalloonFamily.LINUX).stuckAt(0));
        }
    }

    private static long balloonedPages(Toolstack toolstack, SimulatedXen xen) {
        Domain domain = toolstack.create(GUEST);
        domain.unpause();
        xen.advance(Duration.ofMinutes(1));
        return xen.guest(domain.domid()).orElseThrow().balloonedPages();
    }

    @Nested
    @SimulatedHost(freeMemoryMib = 100, guests = Stuck.class)
    class AnAnnotatedHost {
        @Test
        void theHostHasTheMemoryOfTheAnnotation(Toolstack toolstack) {
            assertEquals(100, freeMib(toolstack));
            assertThrows(HostMemoryException.class, () -> toolstack.create(guest(100, 100)));
        }

        @Test
        void theHostRunsTheGuestsOfTheAnnotation(Toolstack toolstack, SimulatedXen xen) {
            assertEquals(0, balloonedPages(toolstack, xen));
        }

        @Test
        @SimulatedHost(freeMemoryMib = 200)
        void anAnnotatedMethodHasItsOwnHost(Toolstack toolstack, SimulatedXen xen) {
            assertEquals(200, freeMib(toolstack));
            assertTrue(balloonedPages(toolstack, xen) > 0);
        }

        @Nested
        class InANestedClass {
            @Test
            void aNestedClassHasTheHostOfItsEnclosingClass(Toolstack toolstack) {
                assertEquals(100, freeMib(toolstack));
            }
        }
    }

    @Nested
    class ARegisteredHost {
        @RegisterExtension
        static final SimulatedXenExtension XEN = SimulatedXenExtension.on(
                        SimulatedXen.builder().guests(new Stuck()))
                .openedWith(options -> options.podPolicy(PodPolicy.libxl()));

        @Test
        void theHostIsOpenedWithTheOptionsOfTheAnnotation(Toolstack toolstack, SimulatedXen xen) {
            assertEquals(0, balloonedPages(toolstack, xen));
            // libxl's policy has no slack for PVH.
            assertEquals(64 * 256, toolstack.resolve("guest").pod().status().debtPages());
        }
    }

    // ---- what is left behind -------------------------------------------------------------------------------

    @SimulatedHost
    @LeavesNothingBehind
    static class Tidy {
        @Test
        void aTestThatDestroysItsDomainsIsTidy(Toolstack toolstack) {
            toolstack.create(GUEST).destroy();
        }

        @Test
        void aBuildFailsWhoseIntroductionXenstoredRefuses(Toolstack toolstack, FaultInjection faults) {
            faults.inject(Fault.nthOf("xs_introduce_domain", 1, Errno.EIO));
            assertThrows(XenStoreException.class, () -> toolstack.create(GUEST));
        }
    }

    @SimulatedHost
    static class Untidy {
        @Test
        @LeavesNothingBehind
        void aTestMustLeaveNothingBehindIfAnnotated(Toolstack toolstack) {
            toolstack.create(GUEST);
        }

        @Test
        void aTestMayLeaveDomainsBehindByDefault(Toolstack toolstack) {
            toolstack.create(GUEST);
        }
    }

    @Test
    void aTestThatLeavesNothingBehindPasses() {
        run(Tidy.class).assertStatistics(stats -> stats.succeeded(2).failed(0));
    }

    @Test
    void aTestWithLeavesNothingBehindFailsAndListsTheDomainThatItLeft() {
        run(Untidy.class).assertStatistics(stats -> stats.succeeded(1).failed(1));
        String message = failures(Untidy.class).get(0);
        assertTrue(
                message.startsWith("the test left something behind on the simulated host:\n  host memory: "), message);
        assertTrue(message.contains("\n  domain 1: absent, now "), message);
        assertTrue(message.contains("\n  xenstore /local/domain/1/name: absent, now \"guest\""), message);
    }

    // ---- processes -----------------------------------------------------------------------------------------

    @Nested
    @SimulatedHost
    @LeavesNothingBehind
    class AProcess {
        @Test
        void aKilledProcessIsCleanedUpByItsSuccessor(ToolstackProcess process) {
            process.faults().inject(Fault.processKilled(100));
            assertThrows(ProcessKilled.class, () -> process.toolstack().create(GUEST));
            Toolstack next = process.successor().toolstack();
            assertEquals(List.of(), next.leftovers().find());
            assertEquals(1, next.domains().size());
        }

        @Test
        void aRunningProcessIsNotDisturbedByOthers(ToolstackProcess process) {
            ToolstackProcess other = process.beside();
            CreateListener meanwhile = step ->
                    assertEquals(List.of(), other.toolstack().leftovers().find());
            process.toolstack().create(GUEST, meanwhile, new Cancellation()).destroy();
        }

        @Test
        void anEndedProcessIsClosed(ToolstackProcess process) {
            Domain domain = process.toolstack().create(GUEST);
            process.end();
            process.end();
            assertThrows(XenUnavailableException.class, domain::name);
            Domain same = process.successor().toolstack().find(domain.uuid()).orElseThrow();
            assertFalse(process.faults().isKilled());
            same.destroy();
        }
    }
}
