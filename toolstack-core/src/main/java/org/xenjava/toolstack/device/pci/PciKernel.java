// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.pci;

import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.device.plan.PciPlan;
import org.xenjava.toolstack.error.DeviceException;
import org.xenjava.toolstack.xenctrl.lib.HostDevices;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;
import org.xenjava.toolstack.xenctrl.units.PciAddress;

/** Binds PCI devices to drivers of domain 0's Linux, and reads their registers and interrupts, through {@code /sys}. */
public final class PciKernel {
    private static final Logger LOG = LoggerFactory.getLogger(PciKernel.class);
    private static final String DEVICES = "bus/pci/devices/";
    private static final String DRIVERS = "bus/pci/drivers/";
    private static final String PCIBACK = DRIVERS + PciPlan.keeper();

    /** The class of bridges. */
    private static final String BRIDGE = "0x06";

    private final HostDevices kernel;

    public PciKernel(HostDevices kernel) {
        this.kernel = kernel;
    }

    /** Why the device cannot be planned for a guest; empty if it can. */
    public Optional<String> refusal(PciPlan plan) {
        return exists(plan.address())
                ? plan.refusal(driver(plan.address()))
                : Optional.of("this host has no PCI device " + plan.address());
    }

    boolean exists(PciAddress address) {
        return kernel.kernelAttribute(DEVICES + address + "/vendor").isPresent();
    }

    /** The name of the driver that has the device. */
    Optional<String> driver(PciAddress address) {
        return kernel.kernelLink(DEVICES + address + "/driver");
    }

    /** Whether xen-pciback keeps the device for guests. */
    boolean isKept(PciAddress address) {
        return driver(address).equals(Optional.of(PciPlan.keeper()));
    }

    /** The devices that xen-pciback keeps for guests, or has given to them. */
    List<PciAddress> kept() {
        return kernel.kernelEntries(PCIBACK).stream()
                .map(PciAddress::parse)
                .flatMap(Optional::stream)
                .sorted()
                .toList();
    }

    /** @throws DeviceException if xen-pciback is not loaded */
    void requirePciback() {
        if (kernel.kernelEntries(PCIBACK).isEmpty()) {
            throw new DeviceException(
                    "domain 0's kernel has no driver xen-pciback; load it with 'modprobe xen-pciback'");
        }
    }

    /** The path of a driver as libxl notes it. */
    static String path(String driver) {
        return "/sys/" + DRIVERS + driver;
    }

    void bind(String driver, PciAddress address) {
        kernel.setKernelAttribute(DRIVERS + driver + "/bind", address.toString());
    }

    /** Takes the device from its driver. Does nothing if it has none. */
    void unbind(PciAddress address) {
        driver(address)
                .ifPresent(driver -> kernel.setKernelAttribute(DRIVERS + driver + "/unbind", address.toString()));
    }

    /** Lets xen-pciback have a device without a driver. */
    void keep(PciAddress address) {
        kernel.setKernelAttribute(PCIBACK + "/new_slot", address.toString());
        if (!isKept(address)) {
            bind(PciPlan.keeper(), address);
        }
    }

    /** Takes the device from xen-pciback. Does nothing if it does not have the device. */
    void giveUp(PciAddress address) {
        if (isKept(address)) {
            unbind(address);
        }
        String slots = kernel.kernelAttribute(PCIBACK + "/slots").orElse("");
        if (slots.lines().anyMatch(address.toString()::equals)) {
            kernel.setKernelAttribute(PCIBACK + "/remove_slot", address.toString());
        }
    }

    /** Lets the guest write all of the device's configuration space. */
    void setPermissive(PciAddress address) {
        kernel.setKernelAttribute(PCIBACK + "/permissive", address.toString());
    }

    PciResources resources(PciAddress address) {
        return PciResources.parse(
                kernel.kernelAttribute(DEVICES + address + "/resource").orElse(""),
                kernel.kernelAttribute(DEVICES + address + "/irq").orElse(""));
    }

    /** Whether the device is a bridge, which no guest can have. */
    boolean isBridge(PciAddress address) {
        return kernel.kernelAttribute(DEVICES + address + "/class")
                .filter(text -> text.startsWith(BRIDGE))
                .isPresent();
    }

    /**
     * Resets the device, so that nothing of its last owner is in it: by xen-pciback if it can, otherwise by the kernel.
     * Some devices cannot be reset; xl goes on, too.
     */
    void reset(PciAddress address) {
        if (!isWritten(PCIBACK + "/do_flr", address.toString()) && !isWritten(DEVICES + address + "/reset", "1")) {
            LOG.warn("PCI device {} cannot be reset by domain 0's kernel", address);
        }
    }

    private boolean isWritten(String path, String text) {
        try {
            kernel.setKernelAttribute(path, text);
            return true;
        } catch (XenLibException e) {
            LOG.debug("{}: {}", path, e.getMessage());
            return false;
        }
    }
}
