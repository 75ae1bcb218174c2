// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.view;

import org.xenjava.toolstack.xenctrl.units.PciAddress;

/**
 * A PCI device of the host that is passed through to a guest.
 *
 * @param address address of the device in the host
 * @param guestDevfn device and function on the guest's bus: five and three bits
 */
public record AttachedPciDevice(PciAddress address, int guestDevfn) {}
