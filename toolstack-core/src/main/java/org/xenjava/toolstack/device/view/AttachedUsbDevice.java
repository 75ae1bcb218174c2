// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.view;

import java.util.Optional;
import org.xenjava.toolstack.xenctrl.units.UsbAddress;

/**
 * A USB device of the host that a guest has.
 *
 * @param controller number of the controller in the guest
 * @param port number of the controller's port, from 1
 * @param name Linux' name of the device's place in the host, such as {@code 1-1.2}
 * @param address address in the host; empty if the device has been unplugged
 */
public record AttachedUsbDevice(int controller, int port, String name, Optional<UsbAddress> address) {}
