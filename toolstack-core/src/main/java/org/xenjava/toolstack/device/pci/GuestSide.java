// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.pci;

import java.util.OptionalInt;
import org.xenjava.toolstack.device.EjectWait;
import org.xenjava.toolstack.device.plan.PciPlan;
import org.xenjava.toolstack.device.view.AttachedPciDevice;
import org.xenjava.toolstack.device.view.DetachMode;
import org.xenjava.toolstack.error.DeviceException;
import org.xenjava.toolstack.error.DeviceModelException;
import org.xenjava.toolstack.xenctrl.units.PciAddress;

/** The software by which a guest uses PCI devices: QEMU in an HVM domain, Linux' driver pcifront in a PV domain. */
interface GuestSide {
    /**
     * Shows a device to the guest, before it has the device's registers.
     *
     * @return device and function on the guest's bus; empty if the nodes in xenstore show the device
     */
    OptionalInt add(PciPlan plan);

    /**
     * Waits until the guest has a device that the nodes show; it may come later.
     *
     * @return the device with its place in the guest, if that is known
     */
    AttachedPciDevice awaitArrival(AttachedPciDevice device);

    /** Whether the guest may use the device. */
    boolean has(PciAddress address);

    /**
     * Asks the guest to release the device, and waits for it.
     *
     * @param mode a device that is taken by force keeps the request
     * @return what the guest has done
     * @throws DeviceException if a PV guest cannot be asked
     * @throws DeviceModelException if QEMU does not pass the request on
     */
    Answer askForRelease(PciAddress address, DetachMode mode, EjectWait wait);

    /** The guest's answer to the request to release a device. */
    enum Answer {
        /** It has released the device. */
        RELEASED,
        /** It keeps the device; a PV guest does not know of the request any more. */
        KEPT,
        /** It may still release the device: the request stays. */
        OPEN
    }

    /** Records that a device is taken from the guest without its answer. */
    void noteSilence(PciAddress address);
}
