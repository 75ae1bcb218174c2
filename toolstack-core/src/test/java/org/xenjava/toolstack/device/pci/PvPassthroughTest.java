// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.pci;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.xenjava.toolstack.device.pci.PciTestHost.CARD;
import static org.xenjava.toolstack.device.pci.PciTestHost.IDLE;
import static org.xenjava.toolstack.device.pci.PciTestHost.OTHER;
import static org.xenjava.toolstack.device.pci.PciTestHost.device;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.config.DescribedKey;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.config.GuestOption;
import org.xenjava.toolstack.device.view.AssignableDevice;
import org.xenjava.toolstack.device.view.AttachedPciDevice;
import org.xenjava.toolstack.device.view.DetachMode;
import org.xenjava.toolstack.error.ToolstackException;
import org.xenjava.toolstack.host.TestHost;
import org.xenjava.toolstack.sim.fault.Fault;
import org.xenjava.toolstack.sim.fault.MachineState;
import org.xenjava.toolstack.sim.fault.Verdict;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.XenStore;
import org.xenjava.toolstack.xenctrl.units.PciAddress;

/** PCI devices of a simulated host in PV guests, whose driver pcifront finds them in xenstore. */
class PvPassthroughTest {
    private static final String BACK = "/local/domain/0/backend/pci/1/0/";

    private static final String FRONT_STATE = "/local/domain/1/device/pci/0/state";

    private final PciTestHost machine = new PciTestHost(DomainType.PV);
    private final TestHost host = machine.host;

    @AfterEach
    void close() {
        machine.close();
    }

    private static AttachedPciDevice inSlot(PciAddress address, int slot) {
        return new AttachedPciDevice(address, slot << 3);
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

    private Optional<String> node(String path) {
        return Optional.ofNullable(host.state().xenstore().get(path));
    }

    @Test
    void aGuestFindsItsDevicesInXenstoreAndItsRemovalReturnsThem() {
        host.toolstack.pciDevices().makeAssignable(CARD, Optional.empty());
        host.toolstack.pciDevices().makeAssignable(OTHER, Optional.empty());
        MachineState before = host.state();
        Domain guest = host.toolstack.create(
                machine.guestHere("web", device(CARD), device(OTHER)).build());
        assertEquals(guest.domid(), host.xen.pciOwner(CARD.toString()));
        assertEquals("\"3\"   (n0,r1)", host.state().xenstore().get(BACK + "state"));
        assertEquals(Optional.empty(), node(BACK + "vdevfn-0"));
        guest.unpause();
        host.xen.advance(Duration.ofSeconds(30));
        assertEquals("\"4\"   (n0,r1)", host.state().xenstore().get(BACK + "state"));
        assertEquals(List.of(inSlot(CARD, 0), inSlot(OTHER, 1)), guest.devices().pciDevices());
        guest.destroy();
        assertEquals(List.of(CARD, OTHER), assignable());
        host.assertUnchangedSince(before, "a PV guest with devices");
    }

    @Test
    void aGuestWithADeviceSeesTheMemoryMapOfTheHost() {
        host.toolstack.pciDevices().makeAssignable(CARD, Optional.empty());
        List<String> calls = new ArrayList<>();
        host.faults.inject(call -> {
            calls.add(call.name());
            return new Verdict.Passes();
        });
        host.toolstack.create(machine.guestHere("plain").build());
        assertFalse(calls.contains("XENMEM_machine_memory_map"));
        host.toolstack.create(machine.guestHere("web", device(CARD)).build());
        assertTrue(calls.contains("XENMEM_machine_memory_map"));
        calls.clear();
        host.toolstack.create(machine.guestHere("asked")
                .options(Set.of(GuestOption.E820_HOST))
                .build());
        assertTrue(calls.contains("XENMEM_machine_memory_map"));
    }

    @Test
    void aRunningGuestReleasesADeviceAndGetsAnother() {
        Domain guest = machine.runningGuest();
        assertEquals(inSlot(OTHER, 1), guest.devices().attachPci(device(OTHER)));
        assertEquals("\"4\"   (n0,r1)", host.state().xenstore().get(BACK + "state"));
        guest.devices().detachPci(CARD, DetachMode.IF_GUEST_AGREES);
        assertEquals(List.of(CARD), assignable());
        assertEquals(1, guest.devices().pciDevices().size());
        assertEquals("\"4\"   (n0,r1)", host.state().xenstore().get(BACK + "state"));
        guest.devices().detachPci(OTHER, DetachMode.IF_GUEST_AGREES);
        assertFalse(host.state().xenstore().containsKey("/local/domain/0/backend/pci"));
        guest.devices().attachPci(device(CARD));
        assertEquals("\"4\"   (n0,r1)", host.state().xenstore().get(BACK + "state"));
        assertEquals(1, guest.config().orElseThrow().pciDevices().size());
    }

    @Test
    void theDevicesBesideAReleasedOneStayUsable() {
        Domain guest = machine.runningGuest();
        host.toolstack.pciDevices().makeAssignable(IDLE, Optional.empty());
        guest.devices().attachPci(device(OTHER));
        guest.devices().detachPci(CARD, DetachMode.IF_GUEST_AGREES);
        assertEquals("\"0000:00\"   (n0,r1)", host.state().xenstore().get(BACK + "root-0"));
        guest.devices().attachPci(device(IDLE));
        assertEquals("\"4\"   (n0,r1)", host.state().xenstore().get(BACK + "state"));
        assertEquals("4", front());
        assertEquals(2, guest.devices().pciDevices().size());
        guest.devices().detachPci(IDLE, DetachMode.IF_GUEST_AGREES);
        assertEquals(List.of(CARD, IDLE), assignable());
    }

    private String front() {
        return new String(host.observer.store().read(XenStore.NO_TRANSACTION, FRONT_STATE), StandardCharsets.UTF_8);
    }

    private void write(String path, String value) {
        host.observer.store().write(XenStore.NO_TRANSACTION, path, value.getBytes(StandardCharsets.UTF_8));
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "1", "3", "5", "6", "x"})
    void aGuestThatCallsItselfDisconnectedHasNotReleasedItsDevice(String lie) {
        Domain guest = machine.runningGuest();
        guest.devices().attachPci(device(OTHER));
        guest.pause();
        write(FRONT_STATE, lie);
        assertRefused("has not released PCI device 0000:00:08.0", () -> guest.devices()
                .detachPci(CARD, DetachMode.IF_GUEST_AGREES));
        guest.devices().detachPci(CARD, DetachMode.FORCE);
        assertEquals(List.of(CARD), guest.devices().pciDevicesNotEjected());
        assertEquals(List.of(), assignable());
        guest.destroy();
        assertEquals(List.of(CARD, OTHER), assignable());
    }

    /** Lets the guest write states of its front end, one after the other, when it has been asked to release a device. */
    private Thread liar(String... states) {
        Thread liar = new Thread(() -> {
            while (!node(BACK + "state").orElse("").startsWith("\"7\"")) {
                Thread.onSpinWait();
            }
            for (String state : states) {
                write(FRONT_STATE, state);
            }
        });
        liar.setDaemon(true);
        liar.start();
        return liar;
    }

    @ParameterizedTest
    @ValueSource(strings = {"5 4", "6 4", "6", "5", "4", "5 6 4"})
    void statesThatPcibackCopiesReleaseNothing(String lies) throws InterruptedException {
        Domain guest = machine.runningGuest();
        guest.devices().attachPci(device(OTHER));
        guest.pause();
        Thread liar = liar(lies.split(" "));
        guest.devices().detachPci(CARD, DetachMode.FORCE);
        liar.join();
        assertEquals(List.of(CARD), guest.devices().pciDevicesNotEjected());
        assertEquals(List.of(), assignable());
        guest.destroy();
        assertEquals(List.of(CARD, OTHER), assignable());
    }

    @Test
    void theOnlyDeviceOfAClosedFrontEndIsReleasedWithItsBackEnd() {
        Domain guest = machine.runningGuest();
        guest.pause();
        write(FRONT_STATE, "6");
        assertEquals("\"6\"   (n0,r1)", host.state().xenstore().get(BACK + "state"));
        guest.devices().detachPci(CARD, DetachMode.IF_GUEST_AGREES);
        assertEquals(Optional.empty(), node(BACK + "state"));
        assertEquals(List.of(CARD, OTHER), assignable());
    }

    @Test
    void aReleaseThatNobodyHasSeenIsRepeated() {
        Domain guest = machine.runningGuest();
        guest.devices().attachPci(device(OTHER));
        write(BACK + "state-0", "5");
        write(BACK + "state", "7");
        host.xen.advance(Duration.ofSeconds(1));
        assertEquals("4", front());
        host.toolstack.pciDevices().makeAssignable(IDLE, Optional.empty());
        String named = "the release of PCI device 0000:00:08.0 by the guest of domain 1 is not complete";
        assertRefused(named, () -> guest.devices().attachPci(device(IDLE)));
        assertRefused(named, () -> guest.devices().detachPci(OTHER, DetachMode.IF_GUEST_AGREES));
        guest.devices().detachPci(CARD, DetachMode.IF_GUEST_AGREES);
        guest.devices().attachPci(device(IDLE));
        assertEquals("\"4\"   (n0,r1)", host.state().xenstore().get(BACK + "state"));
        guest.devices().detachPci(OTHER, DetachMode.IF_GUEST_AGREES);
        assertEquals(List.of(CARD, OTHER), assignable());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6})
    void aConflictOfARequestChangesNothing(int commit) {
        Domain guest = machine.runningGuest();
        guest.devices().attachPci(device(OTHER));
        write(BACK + "state-0", "5");
        write(BACK + "state", "7");
        host.xen.advance(Duration.ofSeconds(1));
        host.faults.inject(Fault.nthOf("xs_transaction_end", commit, Errno.EAGAIN));
        guest.devices().detachPci(CARD, DetachMode.IF_GUEST_AGREES);
        assertEquals(1, host.faults.injected().size());
        assertEquals(List.of(CARD), assignable());
    }

    @Test
    void aGuestThatRunsKeepsTheRequestAndCompletesItLater() {
        Domain guest = machine.runningGuest();
        guest.devices().attachPci(device(OTHER));
        write(FRONT_STATE, "2");
        assertRefused("it may still do so: detach the device again", () -> guest.devices()
                .detachPci(CARD, DetachMode.IF_GUEST_AGREES));
        assertEquals("\"5\"   (n0,r1)", host.state().xenstore().get(BACK + "state-0"));
        assertEquals("\"7\"   (n0,r1)", host.state().xenstore().get(BACK + "state"));
        write(FRONT_STATE, "7");
        guest.devices().detachPci(CARD, DetachMode.IF_GUEST_AGREES);
        assertEquals(List.of(CARD), assignable());
    }

    @Test
    void aChangeWaitsForTheLastOneAndFailsIfThatIsNeverComplete() {
        Domain guest = machine.runningGuest();
        guest.pause();
        write(BACK + "state", "7");
        MachineState before = host.state();
        String unfinished = "has not completed the last change of its PCI devices";
        assertRefused(unfinished, () -> guest.devices().attachPci(device(OTHER)));
        assertRefused(unfinished, () -> guest.devices().detachPci(CARD, DetachMode.IF_GUEST_AGREES));
        host.assertUnchangedSince(before, "changes that are refused");
        guest.unpause();
        host.xen.advance(Duration.ofSeconds(1));
        assertEquals("4", front());
        guest.devices().attachPci(device(OTHER));
        guest.devices().detachPci(CARD, DetachMode.IF_GUEST_AGREES);
        assertEquals(List.of(CARD), assignable());
    }

    @Test
    void oneOfSeveralDevicesIsNotReleasedBeforeTheGuestHasConnected() {
        host.toolstack.pciDevices().makeAssignable(CARD, Optional.empty());
        host.toolstack.pciDevices().makeAssignable(OTHER, Optional.empty());
        Domain guest = host.toolstack.create(
                machine.guestHere("web", device(CARD), device(OTHER)).build());
        assertRefused("has not connected to its PCI devices yet", () -> guest.devices()
                .detachPci(CARD, DetachMode.IF_GUEST_AGREES));
        guest.devices().detachPci(CARD, DetachMode.FORCE);
        assertEquals(List.of(CARD), guest.devices().pciDevicesNotEjected());
        assertEquals(List.of(), assignable());
        guest.destroy();
        assertEquals(List.of(CARD, OTHER), assignable());
    }

    @Test
    void aGuestThatIsReadyForDevicesGetsItsFirstOneWhileItRuns() {
        host.toolstack.pciDevices().makeAssignable(CARD, Optional.empty());
        Domain plain = host.toolstack.create(machine.guestHere("plain").build());
        assertRefused("the domain was built without an IOMMU context", () -> plain.devices()
                .attachPci(device(CARD)));
        plain.destroy();
        Domain ready = host.toolstack.create(machine.guestHere("ready")
                .describedKeys(Map.of(DescribedKey.PASSTHROUGH, "enabled"))
                .build());
        assertEquals(inSlot(CARD, 0), ready.devices().attachPci(device(CARD)));
        assertEquals(ready.domid(), host.xen.pciOwner(CARD.toString()));
    }

    @Test
    void aGuestThatHasNotBootedIsNotAsked() {
        host.toolstack.pciDevices().makeAssignable(CARD, Optional.empty());
        Domain guest =
                host.toolstack.create(machine.guestHere("web", device(CARD)).build());
        guest.devices().detachPci(CARD, DetachMode.IF_GUEST_AGREES);
        assertEquals(List.of(CARD), assignable());
    }

    @Test
    void aSilentGuestKeepsItsDeviceUnlessForced() {
        Domain guest = machine.runningGuest();
        guest.pause();
        MachineState before = host.state();
        assertRefused("has not released PCI device 0000:00:08.0", () -> guest.devices()
                .detachPci(CARD, DetachMode.IF_GUEST_AGREES));
        host.assertUnchangedSince(before, "a guest that keeps its device");
        guest.devices().detachPci(CARD, DetachMode.FORCE);
        assertEquals(0x7FF1, host.xen.pciOwner(CARD.toString()));
        assertEquals(List.of(OTHER), assignable());
        assertEquals(List.of(CARD), guest.devices().pciDevicesNotEjected());
        guest.unpause();
        assertRefused("no other guest gets it before the domain ends", () -> guest.devices()
                .detachPci(CARD, DetachMode.IF_GUEST_AGREES));
        host.toolstack.leftovers().removeAll();
        assertEquals(List.of(OTHER), assignable());
        guest.destroy();
        assertEquals(List.of(CARD, OTHER), assignable());
        assertEquals(Optional.empty(), node("/libxl/pci/0000-00-08-0/unreleased"));
    }

    @Test
    void pageTablesThatTheIommuSharesAreRefused() {
        assertRefused(
                "a PV guest has no page tables that an IOMMU can share",
                () -> host.toolstack.create(machine.guestHere("web")
                        .describedKeys(Map.of(DescribedKey.PASSTHROUGH, "share_pt"))
                        .build()));
    }
}
