// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.units;

/**
 * The address of a USB device of a Linux host, until the device is unplugged. The text is {@code BUS:DEVICE}.
 *
 * @param bus number of the bus, from 1
 * @param device number of the device on the bus, from 1
 */
public record UsbAddress(int bus, int device) {
    @Override
    public String toString() {
        return bus + ":" + device;
    }
}
