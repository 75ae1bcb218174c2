// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.pv;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.config.DiskConfig;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.MacAddress;
import org.xenjava.toolstack.config.NicConfig;
import org.xenjava.toolstack.config.VirtualDisk;
import org.xenjava.toolstack.device.view.AttachedDisk;
import org.xenjava.toolstack.device.view.AttachedNic;
import org.xenjava.toolstack.device.view.DetachMode;
import org.xenjava.toolstack.device.view.XenbusState;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.error.DeviceException;
import org.xenjava.toolstack.host.TestHost;
import org.xenjava.toolstack.sim.fault.MachineState;
import org.xenjava.toolstack.sim.guest.SimulatedGuest;
import org.xenjava.toolstack.xenctrl.lib.XenStore;

/** Devices that come and go while a guest runs. */
class AttachedDevicesTest extends DeviceHost {

    @Test
    void aDiskAndACardComeAndGoWhileTheGuestRuns() {
        Domain domain = running(guest());
        MachineState without = host.state();

        AttachedDisk disk = domain.devices().attach(disk("xvdb"));
        AttachedNic nic = domain.devices().attach(nic());
        assertEquals(51728, disk.number());
        assertEquals(0, nic.devid());
        assertEquals(XenbusState.CONNECTED, domain.devices().disks().get(0).frontState());
        assertEquals(XenbusState.CONNECTED, domain.devices().nics().get(0).frontState());
        assertEquals(1, domain.devices().attach(NicConfig.builder().build()).devid());

        domain.devices().detach(new VirtualDisk("xvdb"), DetachMode.IF_GUEST_AGREES);
        domain.devices().detachNic(0, DetachMode.IF_GUEST_AGREES);
        domain.devices().detachNic(1, DetachMode.IF_GUEST_AGREES);
        domain.devices().detachNic(1, DetachMode.IF_GUEST_AGREES);
        host.assertUnchangedSince(without, "after detaching");
        assertEquals(Map.of(), host.xen.hostLinks());
    }

    @Test
    void aDiskThatTheGuestUsesIsTakenByForceOnly() {
        runs = SimulatedGuest.linux().keepingItsDisks();
        Domain domain = running(guest().disks(List.of(disk("xvda"))));
        VirtualDisk xvda = new VirtualDisk("xvda");

        String message = assertThrows(
                        DeviceException.class, () -> domain.devices().detach(xvda, DetachMode.IF_GUEST_AGREES))
                .getMessage();
        assertTrue(
                message.startsWith("detaching disk 51712 of domain 1: the guest has not released the device"), message);
        assertEquals(1, host.state().loops().size());

        domain.devices().detach(xvda, DetachMode.FORCE);
        assertEquals(List.of(), domain.devices().disks());
        assertEquals(Map.of(), host.state().loops());
    }

    @Test
    void aPausedGuestThatHasNotSeenItsDiskGivesItBack() {
        Domain domain = create(guest().disks(List.of(disk("xvda"))));
        domain.devices().detach(new VirtualDisk("xvda"), DetachMode.IF_GUEST_AGREES);
        assertEquals(List.of(), domain.devices().disks());
    }

    @Test
    void anOccupiedPlaceIsNotChanged() {
        Domain domain = running(guest().disks(List.of(disk("xvda"))));
        MachineState with = host.state();
        assertEquals(
                "attaching disk xvda to domain 1: the domain has a disk of that name already; detach that disk first",
                assertThrows(DeviceException.class, () -> domain.devices().attach(disk("xvda")))
                        .getMessage());
        host.assertUnchangedSince(with, "after an attempt");
    }

    @Test
    void anAddressThatTheGuestHasIsNotGivenToASecondCard() {
        Domain domain = running(guest().nics(List.of(nic())));
        MachineState with = host.state();
        assertEquals(
                "attaching a network card to domain 1: it has one with the address " + MAC + " already",
                assertThrows(DeviceException.class, () -> domain.devices().attach(nic()))
                        .getMessage());
        host.assertUnchangedSince(with, "after an attempt");
    }

    @Test
    void anImageThatAnotherGuestWritesIsNotShared() {
        create(guest().disks(List.of(disk("xvda"))));
        DomainConfig second = TestHost.guest("second", 16, 32)
                .disks(List.of(DiskConfig.builder("xvdb")
                        .target(image.toString())
                        .readOnly()
                        .build()))
                .build();
        String message = assertThrows(DeviceException.class, () -> host.toolstack.create(second))
                .getMessage();
        assertTrue(message.contains(image + " is disk 51712 of domain 1 already"), message);
        assertEquals(1, host.state().loops().size());
    }

    @Test
    void anImageThatNobodyWritesIsShared() {
        DiskConfig disk =
                DiskConfig.builder("xvda").target(image.toString()).readOnly().build();
        create(guest().disks(List.of(disk)));
        create(TestHost.guest("second", 16, 32).disks(List.of(disk)));
        assertEquals(2, host.state().loops().size());
    }

    @Test
    void attachedAndDetachedDevicesChangeTheConfigurationOfTheNextBuild() {
        Domain domain = running(guest().disks(List.of(disk("xvda"))));
        DomainConfig built = domain.config().orElseThrow();
        DiskConfig later = DiskConfig.builder("xvdb").target("/dev/vg/web").build();

        domain.devices().attach(later);
        String mac = domain.devices().attach(NicConfig.builder().build()).mac();
        DomainConfig changed = domain.config().orElseThrow();
        assertEquals(List.of(disk("xvda"), later), changed.disks());
        assertEquals(
                List.of(new MacAddress(mac)),
                changed.nics().stream().flatMap(nic -> nic.mac().stream()).toList());

        domain.devices().detach(new VirtualDisk("xvdb"), DetachMode.IF_GUEST_AGREES);
        domain.devices().detachNic(0, DetachMode.IF_GUEST_AGREES);
        assertEquals(built, domain.config().orElseThrow());
    }

    private static List<Integer> numbersOfTheNextBuild(Domain domain) {
        List<NicConfig> nics = domain.config().orElseThrow().nics();
        return IntStream.range(0, nics.size())
                .mapToObj(place -> nics.get(place).devidAt(place))
                .toList();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 5})
    void anAttachedCardKeepsItsNumberInTheNextBuild(int first) {
        Domain domain =
                running(guest().nics(List.of(NicConfig.builder().devid(first).build())));
        assertEquals(
                first + 1, domain.devices().attach(NicConfig.builder().build()).devid());
        assertEquals(List.of(first, first + 1), numbersOfTheNextBuild(domain));
    }

    @Test
    void theOtherCardsKeepTheirNumbersWhenOneIsDetached() {
        NicConfig card = NicConfig.builder().build();
        Domain domain = running(guest().nics(List.of(card.withDevid(7), card, card.withDevid(0))));
        domain.devices().detachNic(7, DetachMode.IF_GUEST_AGREES);
        assertEquals(List.of(1, 0), numbersOfTheNextBuild(domain));
        domain.devices().detachNic(1, DetachMode.IF_GUEST_AGREES);
        assertEquals(List.of(0), numbersOfTheNextBuild(domain));
    }

    @Test
    void anAttachedCardTakesThePlaceOfOneThatIsGone() {
        Domain domain = running(guest().nics(List.of(NicConfig.builder().build())));
        host.observer.store().rm(XenStore.NO_TRANSACTION, BACK + "vif/1");
        host.observer.store().rm(XenStore.NO_TRANSACTION, "/local/domain/1/device/vif");
        host.observer.store().rm(XenStore.NO_TRANSACTION, "/libxl/1/device/vif");
        AttachedNic attached = domain.devices().attach(nic());
        assertEquals(0, attached.devid());
        assertEquals(List.of(nic()), domain.config().orElseThrow().nics());
    }

    @Test
    void anImageThatNeedsQemuIsNotAttachedWhereNoneRuns() {
        Domain domain = running(guest());
        DiskConfig qcow2 = DiskConfig.builder("xvda")
                .target(image.toString())
                .format(DiskConfig.Format.QCOW2)
                .build();
        assertThrows(ConfigException.class, () -> domain.devices().attach(qcow2));
        assertEquals(List.of(), domain.devices().disks());
    }
}
