// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.xenctrl.CreateDomain;
import org.xenjava.toolstack.xenctrl.HypercallException;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.abi.HvmParam;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;

/** A monitor's ring, with the answers that {@code vm_event_domctl()} gives in Xen 4.17. */
class MonitorTest {
    private final SimulatedXen machine = SimulatedXen.create();
    private final XenLibraries libraries = machine.connect();
    private final Xenctrl xen = Xenctrl.open(libraries);

    private static Errno errno(Runnable call) {
        return assertThrows(HypercallException.class, call::run).errno();
    }

    private long pageOf(int domid) {
        long gfn = 0xFEFF0;
        assertEquals(1, xen.populatePhysmap(domid, new long[] {gfn}, 0, 0));
        return gfn;
    }

    @Test
    void aMonitorIsSeenWhileItIsAttached() {
        int domid = LibxlStyleBuild.pvh(xen, 256, 512).domid;
        xen.setHvmParam(domid, HvmParam.MONITOR_RING_PFN, pageOf(domid));
        assertFalse(xen.monitorAttached(domid));
        int port = xen.attachMonitor(domid);
        assertTrue(port > 0);
        assertTrue(xen.monitorAttached(domid));
        assertEquals(Errno.EBUSY, errno(() -> xen.attachMonitor(domid)));
        xen.detachMonitor(domid);
        assertFalse(xen.monitorAttached(domid));
        assertEquals(Errno.EINVAL, errno(() -> xen.detachMonitor(domid)));
        assertEquals(port, xen.attachMonitor(domid), "the port was free again");
    }

    @Test
    void askingChangesNothing() {
        int domid = LibxlStyleBuild.pvh(xen, 256, 512).domid;
        var before = xen.domainInfo(domid);
        xen.monitorAttached(domid);
        assertEquals(before, xen.domainInfo(domid));
    }

    @Test
    void aRingNeedsAPageAndVcpus() {
        int bare = xen.createDomain(new CreateDomain(UUID.randomUUID(), 3, 1, 1, 2));
        assertEquals(Errno.EINVAL, errno(() -> xen.attachMonitor(bare)));
        assertFalse(xen.monitorAttached(bare));
        xen.setMaxVcpus(bare, 1);
        assertEquals(Errno.EOPNOTSUPP, errno(() -> xen.attachMonitor(bare)));
        xen.setHvmParam(bare, HvmParam.MONITOR_RING_PFN, 7);
        assertEquals(Errno.EINVAL, errno(() -> xen.attachMonitor(bare)));
    }

    @Test
    void domainZeroAndDomainsThatDoNotExistHaveNone() {
        assertFalse(xen.monitorAttached(0));
        assertEquals(Errno.ESRCH, errno(() -> xen.monitorAttached(99)));
    }
}
