// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.view;

import java.util.List;

/**
 * An emulated USB controller of a guest, for devices of the host.
 *
 * @param devid number of the controller
 * @param version USB version: 1, 2 or 3
 * @param ports number of ports
 * @param devices devices of the host on its ports
 */
public record AttachedUsbController(int devid, int version, int ports, List<AttachedUsbDevice> devices) {
    /**
     * Copies the list, so that the record is immutable.
     *
     * @param devid number of the controller
     * @param version USB version: 1, 2 or 3
     * @param ports number of ports
     * @param devices devices of the host on its ports
     */
    public AttachedUsbController {
        devices = List.copyOf(devices);
    }
}
