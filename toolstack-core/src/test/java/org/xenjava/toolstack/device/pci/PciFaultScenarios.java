// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.pci;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.xenjava.toolstack.device.pci.PciTestHost.CARD;
import static org.xenjava.toolstack.device.pci.PciTestHost.OTHER;
import static org.xenjava.toolstack.device.pci.PciTestHost.device;

import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.device.view.DetachMode;
import org.xenjava.toolstack.device.view.DriverReturn;
import org.xenjava.toolstack.error.ToolstackException;
import org.xenjava.toolstack.host.TestHost;
import org.xenjava.toolstack.sim.fault.Fault;
import org.xenjava.toolstack.sim.fault.MachineState;
import org.xenjava.toolstack.sim.fault.ProcessKilled;
import org.xenjava.toolstack.xenctrl.lib.Errno;

/** Each change of a PCI device with a fault at each of its calls in turn: nothing is left between two states. */
abstract class PciFaultScenarios {
    /** Other tests cover every call of a build. */
    private static final int BUILD_STRIDE = 11;

    private static final int REMOVAL_STRIDE = 3;

    private final PciTestHost machine;
    private final TestHost host;

    PciFaultScenarios(PciTestHost machine) {
        this.machine = machine;
        host = machine.host;
    }

    @AfterEach
    void close() {
        machine.close();
    }

    private static void keep(Toolstack toolstack) {
        toolstack.pciDevices().makeAssignable(CARD, Optional.of("nic"));
    }

    private static void giveUp(Toolstack toolstack) {
        toolstack.pciDevices().release(CARD, DriverReturn.ORIGINAL);
    }

    private static void attach(Toolstack toolstack) {
        toolstack.resolve("web").devices().attachPci(device(OTHER));
    }

    private static void detach(Toolstack toolstack) {
        toolstack.resolve("web").devices().detachPci(OTHER, DetachMode.FORCE);
    }

    private void build(Toolstack toolstack) {
        toolstack.create(machine.guestHere("new", device(CARD)).build());
    }

    private static void destroy(Toolstack toolstack) {
        toolstack.resolve("new").destroy();
    }

    /** The number of calls of a change, which is reverted. */
    private long callsOf(Consumer<Toolstack> change, Consumer<Toolstack> revert) {
        change.accept(host.toolstack);
        revert.accept(host.toolstack);
        long start = host.faults.calls();
        change.accept(host.toolstack);
        long calls = host.faults.calls() - start;
        revert.accept(host.toolstack);
        assertTrue(calls > 20, "only " + calls + " calls");
        return calls;
    }

    private void failEachCall(Consumer<Toolstack> change, Consumer<Toolstack> revert, int stride) {
        long calls = callsOf(change, revert);
        MachineState before = host.state();
        String cards = machine.cards();
        for (long n = 1; n <= calls; n += stride) {
            host.faults.inject(n % 2 == 0 ? Fault.callFails(n, Errno.EIO) : Fault.answerLost(n, Errno.EIO));
            attempt(change, revert);
            host.faults.heal();
            host.toolstack.leftovers().removeAll();
            assertEquals(cards, machine.cards(), host.faults.injected().toString());
            host.assertUnchangedSince(before, host.faults.injected().toString());
        }
    }

    /** A failed reset, and a failed look at what is done, do not end the change. */
    private void attempt(Consumer<Toolstack> change, Consumer<Toolstack> revert) {
        try {
            change.accept(host.toolstack);
        } catch (ToolstackException e) {
            return;
        }
        host.faults.heal();
        revert.accept(host.toolstack);
    }

    private void killAtEachCall(Consumer<Toolstack> change, Consumer<Toolstack> revert, int stride) {
        long calls = callsOf(change, revert);
        MachineState before = host.state();
        String cards = machine.cards();
        for (long n = 1; n <= calls; n += stride) {
            Fault death = Fault.processKilled(n);
            host.letTheNextProcessCollectAfter(before, process -> {
                Toolstack toolstack = process.open();
                process.faults().inject(death);
                assertThrows(ProcessKilled.class, () -> change.accept(toolstack));
            });
            assertEquals(cards, machine.cards(), "killed at call " + n);
        }
    }

    @Test
    void aDeviceThatCannotBeKeptKeepsItsDriver() {
        failEachCall(PciFaultScenarios::keep, PciFaultScenarios::giveUp, 1);
    }

    @Test
    void aProcessThatIsKilledWhileItKeepsADeviceLeavesItToItsDriverOrInQuarantine() {
        long calls = callsOf(PciFaultScenarios::keep, PciFaultScenarios::giveUp);
        MachineState before = host.state();
        String cards = machine.cards();
        for (long n = 1; n <= calls; n++) {
            Fault death = Fault.processKilled(n);
            var process = host.newProcess();
            Toolstack toolstack = process.open();
            process.faults().inject(death);
            assertThrows(ProcessKilled.class, () -> keep(toolstack));
            process.ends();
            host.toolstack.leftovers().removeAll();
            assertEquals(List.of(), host.toolstack.leftovers().find());
            if (!machine.cards().equals(cards)) {
                assertEquals(
                        CARD, host.toolstack.pciDevices().assignable().get(0).address(), "killed at call " + n);
                assertEquals(0x7FF1, host.xen.pciOwner(CARD.toString()));
                giveUp(host.toolstack);
            }
            host.assertUnchangedSince(before, "killed at call " + n);
            assertEquals(cards, machine.cards());
        }
    }

    @Test
    void aDeviceThatCannotBeGivenUpStaysAssignable() {
        keep(host.toolstack);
        failEachCall(PciFaultScenarios::giveUp, PciFaultScenarios::keep, 1);
    }

    @Test
    void aDeviceThatCannotBeAttachedStaysAssignable() {
        machine.runningGuest();
        failEachCall(PciFaultScenarios::attach, PciFaultScenarios::detach, 1);
    }

    @Test
    void aProcessThatIsKilledWhileItAttachesADeviceLeavesItAssignable() {
        machine.runningGuest();
        killAtEachCall(PciFaultScenarios::attach, PciFaultScenarios::detach, 1);
    }

    @Test
    void aProcessThatIsKilledWhileItDetachesADeviceLeavesItAttachedOrAssignable() {
        machine.runningGuest();
        attach(host.toolstack);
        long calls = callsOf(PciFaultScenarios::detach, PciFaultScenarios::attach);
        String attached = machine.cards();
        detach(host.toolstack);
        String detached = machine.cards();
        MachineState after = host.state();
        attach(host.toolstack);
        MachineState before = host.state();
        for (long n = 1; n <= calls; n += 3) {
            Fault death = Fault.processKilled(n);
            var process = host.newProcess();
            Toolstack toolstack = process.open();
            process.faults().inject(death);
            assertThrows(ProcessKilled.class, () -> detach(toolstack));
            process.ends();
            host.toolstack.leftovers().removeAll();
            assertEquals(List.of(), host.toolstack.leftovers().find());
            if (machine.cards().equals(attached)) {
                host.toolstack.resolve("web").devices().detachPci(OTHER, DetachMode.FORCE);
            }
            assertEquals(detached, machine.cards(), "killed at call " + n);
            host.assertUnchangedSince(after, "killed at call " + n);
            attach(host.toolstack);
            host.assertUnchangedSince(before, "killed at call " + n);
        }
    }

    @Test
    void aBuildThatFailsReturnsItsDevices() {
        host.toolstack.pciDevices().makeAssignable(CARD, Optional.empty());
        failEachCall(this::build, PciFaultScenarios::destroy, BUILD_STRIDE);
    }

    @Test
    void aProcessThatIsKilledDuringABuildLeavesItsDevicesAssignable() {
        host.toolstack.pciDevices().makeAssignable(CARD, Optional.empty());
        killAtEachCall(this::build, PciFaultScenarios::destroy, BUILD_STRIDE);
    }

    @Test
    void aRemovalThatFailsOrWhoseProcessIsKilledReturnsItsDevices() {
        host.toolstack.pciDevices().makeAssignable(CARD, Optional.empty());
        build(host.toolstack);
        long calls = callsOf(PciFaultScenarios::destroy, this::build);
        destroy(host.toolstack);
        MachineState before = host.state();
        String cards = machine.cards();
        for (long n = 1; n <= calls; n += REMOVAL_STRIDE) {
            build(host.toolstack);
            var process = host.newProcess();
            Toolstack toolstack = process.open();
            process.faults().inject(n % 2 == 0 ? Fault.processKilled(n) : Fault.callFails(n, Errno.EIO));
            try {
                destroy(toolstack);
            } catch (ToolstackException | ProcessKilled e) {
                assertEquals(1, process.faults().injected().size());
            }
            process.ends();
            host.toolstack.leftovers().removeAll();
            assertEquals(List.of(), host.toolstack.leftovers().find());
            if (host.toolstack.domains().size() > 1) {
                destroy(host.toolstack);
            }
            assertEquals(cards, machine.cards(), "fault at call " + n);
            host.assertUnchangedSince(before, "fault at call " + n);
        }
    }
}
