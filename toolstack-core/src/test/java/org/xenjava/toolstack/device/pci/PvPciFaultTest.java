// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.pci;

import org.xenjava.toolstack.config.DomainType;

/** The faults with PV guests, whose own driver takes part in each change. */
class PvPciFaultTest extends PciFaultScenarios {
    PvPciFaultTest() {
        super(new PciTestHost(DomainType.PV));
    }
}
