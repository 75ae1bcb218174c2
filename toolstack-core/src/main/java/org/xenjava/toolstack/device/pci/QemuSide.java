// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.pci;

import java.util.OptionalInt;
import org.xenjava.toolstack.device.EjectWait;
import org.xenjava.toolstack.device.QemuPciDevices.ConfigurationSpace;
import org.xenjava.toolstack.device.QemuProcess;
import org.xenjava.toolstack.device.plan.PciPlan;
import org.xenjava.toolstack.device.plan.PciPlan.Option;
import org.xenjava.toolstack.device.view.AttachedPciDevice;
import org.xenjava.toolstack.device.view.DetachMode;
import org.xenjava.toolstack.xenctrl.units.PciAddress;

/** The PCI devices in the machine of an HVM guest's QEMU, which is not confined. */
record QemuSide(QemuProcess qemu) implements GuestSide {
    @Override
    public OptionalInt add(PciPlan plan) {
        ConfigurationSpace access = plan.has(Option.PERMISSIVE) ? ConfigurationSpace.ALL : ConfigurationSpace.KNOWN;
        return OptionalInt.of(qemu.addPciDevice(plan.address(), plan.slot(), access));
    }

    /** QEMU has the device at once. */
    @Override
    public AttachedPciDevice awaitArrival(AttachedPciDevice device) {
        return device;
    }

    @Override
    public boolean has(PciAddress address) {
        return qemu.hasPciDevice(address);
    }

    /** A guest may eject the device at any time after the request; asking it again does no harm. */
    @Override
    public Answer askForRelease(PciAddress address, DetachMode mode, EjectWait wait) {
        qemu.requestPciRemoval(address);
        return wait.until(() -> !has(address)) ? Answer.RELEASED : Answer.KEPT;
    }

    /** QEMU knows whether it has the device. */
    @Override
    public void noteSilence(PciAddress address) {}
}
