// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.pv;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.LongFunction;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.config.DiskConfig;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.MacAddress;
import org.xenjava.toolstack.config.NicConfig;
import org.xenjava.toolstack.config.VirtualDisk;
import org.xenjava.toolstack.device.view.DetachMode;
import org.xenjava.toolstack.error.ToolstackException;
import org.xenjava.toolstack.host.LogCapture;
import org.xenjava.toolstack.host.TestHost;
import org.xenjava.toolstack.progress.Cancellation;
import org.xenjava.toolstack.progress.CreateListener;
import org.xenjava.toolstack.progress.CreateStep;
import org.xenjava.toolstack.progress.StepPhase;
import org.xenjava.toolstack.sim.fault.Fault;
import org.xenjava.toolstack.sim.fault.MachineState;
import org.xenjava.toolstack.sim.fault.ProcessKilled;
import org.xenjava.toolstack.xenctrl.lib.Errno;

/** Whatever is struck while devices are attached or detached: no loop device, no interface, no node is left. */
class FaultyDevicesTest {
    private static final UUID ID = UUID.fromString("c0ffee00-0000-4000-8000-000000000003");
    private static final VirtualDisk XVDA = new VirtualDisk("xvda");

    /** A destroy looks at the domain (two calls) and records the removal; a process killed earlier has not begun. */
    private static final long FIRST_AFTER_THE_RECORD = 4;

    @TempDir
    Path files;

    private final TestHost host = TestHost.create();
    private final MachineState before = host.state();
    private DomainConfig config = TestHost.guest("struck", 16, 17).uuid(ID).build();
    private DiskConfig disk = DiskConfig.builder("xvda").target("/").build();
    private final NicConfig nic =
            NicConfig.builder().mac(new MacAddress("00:16:3e:00:00:01")).build();

    /** The thread that waits for watches dies with its process, as it should: that is no news. */
    @BeforeAll
    static void letProcessesDieInSilence() {
        Thread.setDefaultUncaughtExceptionHandler((thread, death) -> {
            if (!(death instanceof ProcessKilled)) {
                death.printStackTrace();
            }
        });
    }

    @AfterAll
    static void hearOfDeathsAgain() {
        Thread.setDefaultUncaughtExceptionHandler(null);
    }

    @BeforeEach
    void giveTheGuestADiskAndACard() throws IOException {
        Path image = Files.write(files.resolve("image"), new byte[512]);
        disk = DiskConfig.builder("xvda").target(image.toString()).build();
        config = config.toBuilder().disks(List.of(disk)).nics(List.of(nic)).build();
    }

    @AfterEach
    void close() {
        host.close();
    }

    private void assertNothingLeft() {
        host.assertUnchangedSince(before, host.faults.injected().toString());
        assertEquals(Map.of(), host.xen.hostLinks());
    }

    private long callsOf(Runnable work) {
        long start = host.faults.calls();
        work.run();
        return host.faults.calls() - start;
    }

    /** The calls of a build from its first step with devices on; another test injects faults into the earlier ones. */
    private record Calls(long first, long last) {}

    private Calls callsOfABuild() {
        // The first build also asks what is known from then on.
        host.toolstack.create(config).destroy();
        long start = host.faults.calls();
        long[] first = {0};
        CreateListener whenDevicesBegin = progress -> {
            if (progress.step() == CreateStep.ATTACH_DISKS && progress.phase() == StepPhase.STARTED) {
                first[0] = host.faults.calls() - start + 1;
            }
        };
        Domain built = host.toolstack.create(config, whenDevicesBegin, new Cancellation());
        Calls calls = new Calls(first[0], host.faults.calls() - start);
        built.destroy();
        assertNothingLeft();
        assertTrue(calls.first > 100 && calls.last - calls.first > 80, calls.toString());
        return calls;
    }

    private Domain running(DomainConfig guest) {
        Domain domain = host.toolstack.create(guest);
        domain.unpause();
        host.xen.advance(Duration.ofSeconds(5));
        return domain;
    }

    // ---- builds -------------------------------------------------------------------------------------------

    private void strikeEachCallOfABuild(LongFunction<Fault> faultAt) {
        Calls calls = callsOfABuild();
        for (long n = calls.first; n <= calls.last; n++) {
            host.faults.inject(faultAt.apply(n));
            try {
                host.toolstack.create(config).destroy();
            } catch (ToolstackException e) {
                assertTrue(
                        e.getMessage().matches("(building domain struck|attaching .* of domain \\d+).*"),
                        e.getMessage());
            }
            host.faults.heal();
            assertNothingLeft();
        }
    }

    @Test
    void aCallThatFailsDuringABuild() {
        strikeEachCallOfABuild(n -> Fault.callFails(n, Errno.EIO));
    }

    @Test
    void aCallWhoseAnswerIsLostDuringABuild() {
        strikeEachCallOfABuild(n -> Fault.answerLost(n, Errno.EIO));
    }

    @Test
    void aBuildWhoseProcessIsKilledLeavesItsDevicesToTheNext() {
        Calls calls = callsOfABuild();
        for (long n = calls.first; n <= calls.last; n++) {
            Fault death = Fault.processKilled(n);
            host.letTheNextProcessCleanUpAfter(before, process -> {
                Toolstack toolstack = process.open();
                process.faults().inject(death);
                assertThrows(ProcessKilled.class, () -> toolstack.create(config));
            });
            assertEquals(Map.of(), host.xen.hostLinks());
        }
    }

    // ---- while the guest runs -----------------------------------------------------------------------------

    /** Strikes each call in turn; once it has failed, what {@code finish} does makes it as if nothing had been. */
    private void strikeEachCall(Consumer<Domain> prepare, Consumer<Domain> work, Consumer<Domain> finish) {
        Domain domain =
                running(config.toBuilder().disks(List.of()).nics(List.of()).build());
        MachineState without = host.state();
        prepare.accept(domain);
        long calls = callsOf(() -> work.accept(domain));
        finish.accept(domain);
        host.assertUnchangedSince(without, "without a fault");
        for (LongFunction<Fault> faultAt :
                List.<LongFunction<Fault>>of(n -> Fault.callFails(n, Errno.EIO), n -> Fault.answerLost(n, Errno.EIO))) {
            for (long n = 1; n <= calls; n++) {
                prepare.accept(domain);
                host.faults.inject(faultAt.apply(n));
                try {
                    work.accept(domain);
                } catch (ToolstackException e) {
                    assertTrue(e.getMessage().contains("domain " + domain.domid()), e.getMessage());
                }
                host.faults.heal();
                finish.accept(domain);
                host.assertUnchangedSince(without, host.faults.injected().toString());
                assertEquals(Map.of(), host.xen.hostLinks());
            }
        }
    }

    private static void detachAll(Domain domain) {
        domain.devices().detach(XVDA, DetachMode.FORCE);
        domain.devices().detachNic(0, DetachMode.FORCE);
    }

    @Test
    void anAttachThatFailsLeavesNothingThatADetachDoesNotTakeAway() {
        strikeEachCall(
                domain -> {},
                domain -> {
                    domain.devices().attach(disk);
                    domain.devices().attach(nic);
                },
                FaultyDevicesTest::detachAll);
    }

    @Test
    void aDetachThatFailsCanBeRepeated() {
        strikeEachCall(
                domain -> {
                    domain.devices().attach(disk);
                    domain.devices().attach(nic);
                },
                domain -> {
                    domain.devices().detach(XVDA, DetachMode.IF_GUEST_AGREES);
                    domain.devices().detachNic(0, DetachMode.IF_GUEST_AGREES);
                },
                FaultyDevicesTest::detachAll);
    }

    @Test
    void anAttachThatFailsLeavesNothingByItself() {
        Domain domain =
                running(config.toBuilder().disks(List.of()).nics(List.of()).build());
        MachineState without = host.state();
        for (String call : List.of(
                "host_attach_loop", "host_free_loop", "host_join_bridge", "host_bring_up", "xs_set_permissions")) {
            host.faults.inject(Fault.nthOf(call, 1, Errno.EPERM));
            assertThrows(ToolstackException.class, () -> {
                domain.devices().attach(disk);
                domain.devices().attach(nic);
            });
            host.faults.heal();
            domain.devices().detach(XVDA, DetachMode.IF_GUEST_AGREES);
            host.assertUnchangedSince(without, call);
        }
    }

    /** Lets each call of a destroy fail, or be the last of its process; the next process looks for what is left and removes it. */
    @Test
    void aDestroyThatFailsAtAnyCallIsFinishedByTheNextProcess() {
        Domain first = running(config);
        long calls = callsOf(first::destroy);
        assertNothingLeft();
        for (LongFunction<Fault> faultAt :
                List.<LongFunction<Fault>>of(n -> Fault.callFails(n, Errno.EIO), Fault::processKilled)) {
            for (long n = FIRST_AFTER_THE_RECORD; n <= calls; n++) {
                Fault fault = faultAt.apply(n);
                host.letTheNextProcessCollectAfter(before, process -> {
                    Domain domain = process.open().create(config);
                    process.faults().inject(fault);
                    try {
                        domain.destroy();
                    } catch (ToolstackException | ProcessKilled e) {
                        // Some failures do not matter; the state of the machine says it.
                    }
                });
                assertEquals(Map.of(), host.xen.hostLinks());
            }
        }
    }

    /** A wait for a back end that has let go already would take the whole time limit, 10 s by default. */
    @Test
    void aDestroyDoesNotWaitForBackEndsThatClose() throws ReflectiveOperationException {
        Domain domain = running(config);
        try (LogCapture log = new LogCapture(Detachment.class)) {
            domain.destroy();
            assertEquals(List.of(), log.lines());
        }
        assertNothingLeft();
    }
}
