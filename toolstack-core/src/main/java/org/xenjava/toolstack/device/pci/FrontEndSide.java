// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.pci;

import java.util.OptionalInt;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.device.EjectWait;
import org.xenjava.toolstack.device.plan.PciPlan;
import org.xenjava.toolstack.device.view.AttachedPciDevice;
import org.xenjava.toolstack.xenctrl.units.PciAddress;

/**
 * The PCI devices that a PV guest finds in xenstore. Only the nodes of domain 0's
 * xen-pciback show that the guest has released a device. Without that, xen-pciback may serve it, and the guest may have its
 * registers in its page tables: no other guest gets the device before the domain ends.
 */
record FrontEndSide(int domid, PciBackend backend, PciRecords records, EjectWait answer) implements GuestSide {
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
        return backend.isUsed(domid, address);
    }

    @Override
    public void requestRemoval(PciAddress address) {
        backend.requestRemoval(domid, address, answer);
    }

    @Override
    public void cancelRemoval(PciAddress address) {
        backend.cancelRemoval(domid, address);
    }

    @Override
    public void noteSilence(PciAddress address) {
        records.noteUnreleased(address);
    }
}
