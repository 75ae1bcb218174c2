// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.pci;

import java.util.OptionalInt;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.device.EjectWait;
import org.xenjava.toolstack.device.plan.PciPlan;
import org.xenjava.toolstack.device.view.AttachedPciDevice;
import org.xenjava.toolstack.device.view.DetachMode;
import org.xenjava.toolstack.xenctrl.units.PciAddress;

/**
 * The PCI devices that a PV guest finds in xenstore. Only a state that xen-pciback writes when it has given up a
 * device shows that the guest has released it. Without that, xen-pciback may serve it, and the guest may have its
 * registers in its page tables: no other guest gets the device before the domain ends.
 *
 * @param answer waits for the guest to take a device
 * @param paused whether the domain is paused now
 */
record FrontEndSide(int domid, PciBackend backend, PciRecords records, EjectWait answer, BooleanSupplier paused)
        implements GuestSide {
    private static final Logger LOG = LoggerFactory.getLogger(FrontEndSide.class);

    @Override
    public OptionalInt add(PciPlan plan) {
        return OptionalInt.empty();
    }

    @Override
    public AttachedPciDevice awaitArrival(AttachedPciDevice device) {
        if (!answer.until(() -> backend.isPublished(domid, device.address()))) {
            LOG.warn(
                    "the guest of domain {} has not taken PCI device {} within {} s",
                    domid,
                    device.address(),
                    answer.limit().toSeconds());
        }
        return backend.list(domid).stream()
                .filter(listed -> listed.address().equals(device.address()))
                .findFirst()
                .orElse(device);
    }

    @Override
    public boolean has(PciAddress address) {
        return backend.removal(domid, address).isUsed();
    }

    @Override
    public Answer askForRelease(PciAddress address, DetachMode mode, EjectWait wait) {
        boolean pausedBefore = paused.getAsBoolean();
        PciRemoval removal = backend.removal(domid, address);
        if (removal.await(wait.limit())) {
            return Answer.RELEASED;
        }
        boolean withdrawn =
                mode == DetachMode.IF_GUEST_AGREES && removal.cancel(() -> pausedBefore && paused.getAsBoolean());
        return withdrawn ? Answer.KEPT : Answer.OPEN;
    }

    @Override
    public void noteSilence(PciAddress address) {
        records.noteUnreleased(address);
    }
}
