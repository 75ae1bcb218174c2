// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.pci;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.xenjava.toolstack.device.pci.PciTestHost.CARD;
import static org.xenjava.toolstack.device.pci.PciTestHost.OTHER;
import static org.xenjava.toolstack.device.pci.PciTestHost.device;
import static org.xenjava.toolstack.device.pci.PciTestHost.guest;

import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.DomainSaving.Afterwards;
import org.xenjava.toolstack.config.DescribedKey;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.OtherDevice;
import org.xenjava.toolstack.device.view.DetachMode;
import org.xenjava.toolstack.error.DomainStateException;
import org.xenjava.toolstack.error.ToolstackException;
import org.xenjava.toolstack.host.TestHost;
import org.xenjava.toolstack.sim.fault.MachineState;

/** Devices for which the firmware of the host reserves memory, in HVM guests. */
class ReservedMemoryTest {
    /** Below the RAM of a guest of 32 MiB, and behind that of one of 8 MiB. */
    private static final long FIRST = (16L << 20 >> 12) + 3;

    private final TestHost host = TestHost.of(PciTestHost.machine().iommu().reservedMemory(CARD.toString(), FIRST, 4));

    @BeforeEach
    void keep() {
        host.toolstack.pciDevices().makeAssignable(CARD, Optional.empty());
        host.toolstack.pciDevices().makeAssignable(OTHER, Optional.empty());
    }

    @AfterEach
    void close() {
        host.close();
    }

    private static OtherDevice card(String policy) {
        Map<String, String> parameters = new HashMap<>(device(CARD).parameters());
        parameters.put("rdm_policy", policy);
        return new OtherDevice(OtherDevice.Kind.PCI, parameters);
    }

    private static DomainConfig.Builder large(OtherDevice... devices) {
        return guest("web", devices).memoryMib(32);
    }

    private void assertRefused(String reason, DomainConfig config) {
        MachineState before = host.state();
        ToolstackException e = assertThrows(ToolstackException.class, () -> host.toolstack.create(config));
        assertTrue(e.getMessage().contains(reason), e.getMessage());
        host.assertUnchangedSince(before, reason);
    }

    private void assertHasCard(Domain guest) {
        assertEquals(guest.domid(), host.xen.pciOwner(CARD.toString()));
    }

    @Test
    void aGuestWhoseRamDoesNotReachTheMemoryGetsTheDevice() {
        assertHasCard(host.toolstack.create(guest("web", device(CARD)).build()));
    }

    @Test
    void ramThatReachesTheMemoryIsRefusedUnlessItMayEndThere() {
        assertRefused("rdm: the guest has RAM at 0x1003000", large(device(CARD)).build());
        Domain guest = host.toolstack.create(large(device(CARD))
                .describedKeys(Map.of(DescribedKey.RDM_MEM_BOUNDARY, "8"))
                .build());
        assertHasCard(guest);
    }

    /** The RAM of the guest has a hole, of which the configuration without the device says nothing. */
    @Test
    void aGuestThatLeavesMemoryOutIsNotSavedOnceItsDeviceIsDetached(@TempDir Path directory) {
        Domain guest = host.toolstack.create(large(device(CARD))
                .describedKeys(Map.of(DescribedKey.RDM_MEM_BOUNDARY, "8"))
                .build());
        guest.unpause();
        host.xen.advance(Duration.ofMinutes(1));
        guest.devices().detachPci(CARD, DetachMode.IF_GUEST_AGREES);
        DomainStateException refusal = assertThrows(DomainStateException.class, () -> guest.saving()
                .save(directory.resolve("web.save"), Afterwards.RESUME));
        assertTrue(refusal.getMessage().contains("which memory its RAM leaves out"), refusal.getMessage());
    }

    @Test
    void theRelaxedPolicyOfTheDeviceOrOfTheGuestAllowsTheConflict() {
        host.toolstack.create(large(card("relaxed")).build()).destroy();
        Map<DescribedKey, String> relaxed = Map.of(DescribedKey.RDM, "strategy=host,policy=relaxed");
        host.toolstack
                .create(large(device(CARD)).describedKeys(relaxed).build())
                .destroy();
        assertRefused(
                "rdm: the guest has RAM",
                large(card("strict")).describedKeys(relaxed).build());
    }

    @Test
    void aGuestThatLeavesAllReservedMemoryOutGetsTheDeviceLater() {
        DomainConfig plain = guest("plain", device(OTHER)).build();
        Domain without = host.toolstack.create(plain);
        ToolstackException e =
                assertThrows(ToolstackException.class, () -> without.devices().attachPci(device(CARD)));
        assertTrue(e.getMessage().contains("which the guest has not left out"), e.getMessage());
        without.destroy();
        Domain ready = host.toolstack.create(guest("ready", device(OTHER))
                .describedKeys(Map.of(DescribedKey.RDM, "strategy=host,policy=strict"))
                .build());
        ready.devices().attachPci(device(CARD));
        assertHasCard(ready);
    }

    @Test
    void theStrategyHostConcernsGuestsWithoutDevices() {
        assertRefused(
                "rdm: the guest has RAM at 0x1003000",
                large().describedKeys(Map.of(DescribedKey.RDM, "strategy=host,policy=strict"))
                        .build());
        host.toolstack.create(
                large().describedKeys(Map.of(DescribedKey.RDM, "strategy=host")).build());
    }
}
