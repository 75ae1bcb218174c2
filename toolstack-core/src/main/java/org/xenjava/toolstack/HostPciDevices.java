// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack;

import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.context.HostContext;
import org.xenjava.toolstack.device.view.AssignableDevice;
import org.xenjava.toolstack.device.view.DriverReturn;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.error.DeviceException;
import org.xenjava.toolstack.xenctrl.units.PciAddress;

/**
 * The host's assignable PCI devices: xen-pciback has them, and guests can get them. {@link Toolstack#pciDevices} returns
 * this object. Xen holds an assignable device in quarantine while no guest has it: its DMA reaches no memory. xl sees the
 * same devices.
 */
public final class HostPciDevices {
    private static final Logger LOG = LoggerFactory.getLogger(HostPciDevices.class);

    private final HostContext context;

    HostPciDevices(HostContext context) {
        this.context = context;
    }

    /** {@return the assignable devices that no guest has ({@code xl pci-assignable-list})} */
    public List<AssignableDevice> assignable() {
        return context.attempting(
                "listing the assignable devices", () -> context.pci().assignable());
    }

    /**
     * Finds an assignable device by a user's text.
     *
     * @param nameOrAddress the name of an assignable device, or the address of any device
     * @return the address
     * @throws ConfigException if the text is neither
     */
    public PciAddress resolve(String nameOrAddress) {
        return PciAddress.parse(nameOrAddress)
                .or(() -> assignable().stream()
                        .filter(device -> device.name().equals(Optional.of(nameOrAddress)))
                        .map(AssignableDevice::address)
                        .findFirst())
                .orElseThrow(() -> new ConfigException("'" + nameOrAddress
                        + "' is neither the address of a PCI device, such as 0000:00:1f.2, nor the name of an"
                        + " assignable one"));
    }

    /**
     * Makes a device assignable: takes it from its driver and binds it to xen-pciback ({@code xl pci-assignable-add}).
     * Does nothing if the device is assignable already. After a failure, the device has its driver.
     *
     * @param address address of the device
     * @param name a name for the device; empty for none
     * @return whether the device was not assignable before
     * @throws DeviceException if there is no such device, a domain has it, or the host cannot pass devices through
     */
    public boolean makeAssignable(PciAddress address, Optional<String> name) {
        return context.attempting("making PCI device " + address + " assignable", () -> {
            boolean added = context.pci().keep(address, name);
            LOG.info("PCI device {} is assignable", address);
            return added;
        });
    }

    /**
     * Makes a device unassignable ({@code xl pci-assignable-remove}). After a failure, the device is still assignable.
     *
     * @param address address of the device
     * @param driver the driver that the device gets
     * @throws DeviceException if the device is not assignable, or a domain has it
     */
    public void release(PciAddress address, DriverReturn driver) {
        context.attempting("returning PCI device " + address + " to domain 0", () -> {
            context.pci().giveUp(address, driver);
            LOG.info("PCI device {} is not assignable any more", address);
            return address;
        });
    }
}
