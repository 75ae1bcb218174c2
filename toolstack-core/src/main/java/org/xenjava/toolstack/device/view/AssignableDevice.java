// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.view;

import java.util.Optional;
import org.xenjava.toolstack.xenctrl.units.PciAddress;

/**
 * A PCI device of the host that can be passed through to a guest.
 *
 * @param address address of the device in the host
 * @param name the name that an administrator gave the device, if any
 */
public record AssignableDevice(PciAddress address, Optional<String> name) {}
