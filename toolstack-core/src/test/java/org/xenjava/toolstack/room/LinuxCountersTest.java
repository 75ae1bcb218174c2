// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.room;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.xenctrl.lib.ControlDomain;

/** The counters of this computer's kernel. */
class LinuxCountersTest {
    private final ControlDomain system = LinuxControlDomain.installed(LinuxControlDomain.XL_LOCK);

    @Test
    void aMissingCounterIsZero() {
        assertEquals(0, system.counter("class/net/none/statistics/rx_bytes"));
        assertEquals(0, system.counter("class/net"));
    }

    @Test
    void aCounterIsANumber() {
        assertTrue(system.counter("class/net/lo/statistics/rx_bytes") >= 0);
        assertTrue(system.counter("class/net/lo/mtu") > 0);
    }
}
