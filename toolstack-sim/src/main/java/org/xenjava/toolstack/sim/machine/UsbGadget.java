// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.machine;

/**
 * A USB device of the simulated computer, with one interface.
 *
 * @param name Linux' name of its place, such as {@code 1-1.2}
 * @param bus number of its bus
 * @param device number of the device on the bus
 * @param driver the driver that domain 0 loads for its interface; {@code hub} for a hub, empty for none
 * @param serial its serial number
 */
public record UsbGadget(String name, int bus, int device, String driver, String serial) {
    /** The name of the interface. */
    public String interfaceName() {
        return name + ":1.0";
    }

    /** The file by which a process controls the device. */
    public String file() {
        return "/dev/bus/usb/%03d/%03d".formatted(bus, device);
    }

    /** The text of the file {@code bDeviceClass}. */
    public String classCode() {
        return driver.equals("hub") ? "09" : "00";
    }
}
