// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;

class XenstoredPortsTest {
    private final XenLibraries dom0 = SimulatedXen.create().connect();

    /** The lowest port is given first. */
    private int firstFreePort() {
        int port = dom0.eventChannels().bindUnboundPort(0);
        dom0.eventChannels().unbind(port);
        return port;
    }

    @Test
    void xenstoredClosesItsEventChannelWhenTheDomainEnds() {
        int before = firstFreePort();
        Xenctrl xen = Xenctrl.open(dom0);
        LibxlStyleBuild guest = LibxlStyleBuild.pvh(xen, 256, 256);
        assertNotEquals(before, firstFreePort());
        xen.domains().destroy(guest.domid);
        assertEquals(before, firstFreePort());
    }
}
