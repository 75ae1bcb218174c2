// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.pci;

import org.xenjava.toolstack.config.DomainType;

/** The faults with HVM guests, whose QEMU has the devices. */
class PciFaultTest extends PciFaultScenarios {
    PciFaultTest() {
        super(new PciTestHost(DomainType.HVM));
    }
}
