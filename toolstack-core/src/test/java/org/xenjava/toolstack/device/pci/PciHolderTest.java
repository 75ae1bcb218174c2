// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.pci;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.xenjava.toolstack.device.pci.PciTestHost.CARD;
import static org.xenjava.toolstack.device.pci.PciTestHost.OTHER;
import static org.xenjava.toolstack.device.pci.PciTestHost.device;
import static org.xenjava.toolstack.device.pci.PciTestHost.guest;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.config.DescribedKey;
import org.xenjava.toolstack.config.OtherDevice;
import org.xenjava.toolstack.device.view.AssignableDevice;
import org.xenjava.toolstack.device.view.DetachMode;
import org.xenjava.toolstack.device.view.DriverReturn;
import org.xenjava.toolstack.error.ToolstackException;
import org.xenjava.toolstack.host.TestHost;
import org.xenjava.toolstack.host.TestProcess;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.sim.fault.Fault;
import org.xenjava.toolstack.sim.fault.FaultSite;
import org.xenjava.toolstack.sim.fault.MachineState;
import org.xenjava.toolstack.sim.fault.ProcessKilled;
import org.xenjava.toolstack.sim.fault.Verdict;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.xenctrl.lib.DeviceModelProcess;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.units.PciAddress;

/** A domain that has a PCI device keeps it, and no other domain gets it, until the domain or QEMU's mappings are gone. */
class PciHolderTest {
    private final PciTestHost machine = new PciTestHost();
    private final TestHost host = machine.host;

    @AfterEach
    void close() {
        machine.close();
    }

    private List<PciAddress> assignable() {
        return host.toolstack.pciDevices().assignable().stream()
                .map(AssignableDevice::address)
                .toList();
    }

    private static void assertRefused(String reason, Runnable work) {
        ToolstackException e = assertThrows(ToolstackException.class, work::run);
        assertTrue(e.getMessage().contains(reason), e.getMessage());
    }

    private static Domain ready(Toolstack toolstack, String name) {
        return toolstack.create(guest(name)
                .describedKeys(Map.of(DescribedKey.PASSTHROUGH, "enabled"))
                .build());
    }

    /** Runs something, once, before the first call that matches. */
    private static Fault before(Predicate<FaultSite> which, Runnable work) {
        AtomicInteger calls = new AtomicInteger();
        return call -> {
            if (which.test(call) && calls.incrementAndGet() == 1) {
                work.run();
            }
            return new Verdict.Passes();
        };
    }

    private static Predicate<FaultSite> named(String name) {
        return call -> call.name().equals(name);
    }

    @Test
    void aGuestKeepsItsDeviceWhenAProcessIsKilledThatIsRefusedTheDevice() {
        machine.runningGuest();
        ready(host.toolstack, "second");
        List<Consumer<Toolstack>> refused = List.of(
                toolstack -> toolstack.resolve("second").devices().attachPci(device(CARD)),
                toolstack -> toolstack.pciDevices().release(CARD, DriverReturn.ORIGINAL));
        MachineState before = host.state();
        String cards = machine.cards();
        for (Consumer<Toolstack> change : refused) {
            boolean killed = true;
            for (long n = 1; killed; n++) {
                killed = isKilled(change, n);
                host.toolstack.leftovers().removeAll();
                assertEquals(cards, machine.cards(), "killed at call " + n);
                host.assertUnchangedSince(before, "killed at call " + n);
            }
        }
    }

    private boolean isKilled(Consumer<Toolstack> change, long n) {
        TestProcess process = host.newProcess();
        Toolstack toolstack = process.open();
        process.faults().inject(Fault.processKilled(n));
        try {
            change.accept(toolstack);
            throw new AssertionError("the device was given to another");
        } catch (ProcessKilled e) {
            return true;
        } catch (ToolstackException e) {
            assertTrue(e.getMessage().contains("domain 1 has"), e.getMessage());
        } finally {
            process.ends();
        }
        process.faults().heal();
        toolstack.close();
        return false;
    }

    @Test
    void aDeviceOfADomainWithoutQemuIsNotGivenToAnother() {
        Domain guest = machine.runningGuest();
        TestProcess process = host.newProcess();
        Toolstack toolstack = process.open();
        process.faults().inject(Fault.nthOf("XEN_DOMCTL_assign_device", 1, new Verdict.Kills()));
        assertThrows(
                ProcessKilled.class, () -> toolstack.resolve("web").devices().attachPci(device(OTHER)));
        process.ends();
        host.xen.host().deviceModels().all().forEach(DeviceModelProcess::kill);
        host.toolstack.leftovers().removeAll();
        assertEquals(List.of(), assignable());
        guest.destroy();
        assertEquals(List.of(CARD, OTHER), assignable());
    }

    /** xl writes no mark and no configuration of this library; old releases of it record no holder. */
    @ParameterizedTest
    @ValueSource(strings = {"", "/libxl/pci/0000-00-08-0/domid"})
    void theEndOfADomainOfXlFreesItsDevice(String unrecorded) {
        host.toolstack.create(guest("warm").build()).destroy();
        host.toolstack.pciDevices().makeAssignable(CARD, Optional.empty());
        MachineState before = host.state();
        Domain guest = host.toolstack.create(guest("web", device(CARD)).build());
        StoreClient store = new StoreClient(host.observer.store());
        DomainPaths paths = new DomainPaths(guest.domid());
        assertTrue(store.direct().exists("/libxl/pci/0000-00-08-0/domid"));
        store.direct().remove(paths.libxl() + "/device/pci");
        store.direct().remove(paths.storedConfig());
        if (!unrecorded.isEmpty()) {
            store.direct().remove(unrecorded);
        }
        guest.destroy();
        assertEquals(List.of(CARD), assignable());
        host.assertUnchangedSince(before, "the end of a domain of xl");
        ready(host.toolstack, "second").devices().attachPci(device(CARD));
    }

    @Test
    void aPvhControlDomainIsRefused() {
        try (TestHost pvh = TestHost.of(PciTestHost.machine().iommu().commandLine("dom0=pvh dom0_mem=1536M"))) {
            assertRefused(
                    "domain 0 is a PVH guest", () -> pvh.toolstack.pciDevices().makeAssignable(CARD, Optional.empty()));
            OtherDevice seized =
                    new OtherDevice(OtherDevice.Kind.PCI, Map.of("address", CARD.toString(), "seize", "1"));
            assertRefused(
                    "domain 0 is a PVH guest",
                    () -> pvh.toolstack.create(guest("web", seized).build()));
            assertEquals(List.of(), pvh.toolstack.leftovers().find());
        }
    }

    @Test
    void aDomainThatCannotBeDestroyedKeepsItsDevice() {
        machine.runningGuest();
        host.faults.inject(Fault.nthOf("XEN_DOMCTL_destroydomain", 1, Errno.EIO));
        Domain guest = host.toolstack.resolve("web");
        assertThrows(ToolstackException.class, guest::destroy);
        host.faults.heal();
        Domain second = ready(host.toolstack, "second");
        assertRefused("domain 1 has it", () -> second.devices().attachPci(device(CARD)));
        host.toolstack.leftovers().removeAll();
        assertEquals(List.of(), host.toolstack.leftovers().find());
        assertEquals(CARD, second.devices().attachPci(device(CARD)).address());
    }

    @Test
    void aBuildThatCannotBeUndoneKeepsItsDevice() {
        host.toolstack.pciDevices().makeAssignable(CARD, Optional.empty());
        host.faults.inject(Fault.every(
                call -> List.of("XEN_DOMCTL_assign_device", "XEN_DOMCTL_destroydomain")
                        .contains(call.name()),
                Errno.EIO));
        assertThrows(
                ToolstackException.class,
                () -> host.toolstack.create(guest("web", device(CARD)).build()));
        host.faults.heal();
        assertEquals(List.of(), assignable());
        host.toolstack.leftovers().removeAll();
        assertEquals(List.of(), host.toolstack.leftovers().find());
        assertEquals(List.of(CARD), assignable());
    }

    @Test
    void twoGuestsThatAreBuiltAtOnceDoNotShareAGroup() {
        try (TestHost grouped = TestHost.of(SimulatedXen.builder()
                .iommu()
                .pciDevice(CARD.toString(), "e1000", 1)
                .pciDevice(OTHER.toString(), "e1000", 1))) {
            grouped.toolstack.pciDevices().makeAssignable(CARD, Optional.empty());
            grouped.toolstack.pciDevices().makeAssignable(OTHER, Optional.empty());
            TestProcess late = grouped.newProcess();
            Toolstack toolstack = late.open();
            late.faults()
                    .inject(before(
                            named("XEN_DOMCTL_assign_device"),
                            () -> grouped.toolstack.create(
                                    guest("first", device(OTHER)).build())));
            assertRefused(
                    "the IOMMU cannot tell it from a device of domain 2",
                    () -> toolstack.create(guest("late", device(CARD)).build()));
            assertEquals(0x7FF1, grouped.xen.pciOwner(CARD.toString()));
            assertEquals(2, grouped.xen.pciOwner(OTHER.toString()));
        }
    }

    @Test
    void noOtherProcessFreesADeviceThatARemovalWithdraws() {
        Domain guest = machine.runningGuest();
        TestProcess remover = host.newProcess();
        Toolstack toolstack = remover.open();
        remover.faults().inject(before(named("XEN_DOMCTL_deassign_device"), () -> {
            host.xenctrl.domains().destroy(guest.domid());
            host.toolstack.leftovers().removeAll();
            assertRefused(
                    "another process is changing it",
                    () -> host.toolstack.create(guest("second", device(CARD)).build()));
        }));
        toolstack.resolve("web").destroy();
        assertEquals(List.of(CARD, OTHER), assignable());
    }

    @Test
    void aDeviceThatTheGuestEjectsLateIsReleasedByASecondDetach() {
        Domain guest = machine.runningGuest();
        guest.pause();
        guest.devices().detachPci(CARD, DetachMode.FORCE);
        MachineState before = host.state();
        assertRefused("it already", () -> guest.devices().attachPci(device(CARD)));
        host.assertUnchangedSince(before, "an attach of a device that was not ejected");
        assertEquals(List.of(OTHER), assignable());
        assertEquals(List.of(CARD), guest.devices().pciDevicesNotEjected());
        guest.unpause();
        guest.devices().detachPci(CARD, DetachMode.IF_GUEST_AGREES);
        assertEquals(List.of(CARD, OTHER), assignable());
        assertEquals(List.of(), guest.devices().pciDevicesNotEjected());
        assertRefused("does not have PCI device", () -> guest.devices().detachPci(CARD, DetachMode.IF_GUEST_AGREES));
        assertEquals(CARD, guest.devices().attachPci(device(CARD)).address());
    }

    @Test
    void noProcessDetachesADeviceWhileAnotherAsksTheGuest() {
        Domain guest = machine.runningGuest();
        guest.pause();
        TestProcess first = host.newProcess();
        Toolstack toolstack = first.open();
        AtomicInteger refused = new AtomicInteger();
        Predicate<FaultSite> endOfRecord = named("xs_rm").and(call -> call.path()
                .filter("/tool/xenjava/pci/0000-00-08-0"::equals)
                .isPresent());
        first.faults().inject(before(endOfRecord, () -> {
            assertRefused(
                    "another process is changing it", () -> guest.devices().detachPci(CARD, DetachMode.FORCE));
            refused.incrementAndGet();
        }));
        assertRefused(
                "has not released",
                () -> toolstack.resolve("web").devices().detachPci(CARD, DetachMode.IF_GUEST_AGREES));
        assertEquals(1, refused.get());
        assertEquals(1, guest.devices().pciDevices().size());
    }
}
