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
        assertEquals(1, xen.memory().populatePhysmap(domid, new long[] {gfn}, 0, 0));
        return gfn;
    }

    @Test
    void aMonitorIsListedWhileItIsAttached() {
        int domid = LibxlStyleBuild.pvh(xen, 256, 512).domid;
        xen.hvm().setParam(domid, HvmParam.MONITOR_RING_PFN, pageOf(domid));
        assertFalse(xen.domains().monitorAttached(domid));
        int port = xen.domains().attachMonitor(domid);
        assertTrue(port > 0);
        assertTrue(xen.domains().monitorAttached(domid));
        assertEquals(Errno.EBUSY, errno(() -> xen.domains().attachMonitor(domid)));
        xen.domains().detachMonitor(domid);
        assertFalse(xen.domains().monitorAttached(domid));
        assertEquals(Errno.EINVAL, errno(() -> xen.domains().detachMonitor(domid)));
        assertEquals(port, xen.domains().attachMonitor(domid), "the port was free again");
    }

    @Test
    void readingTheMonitorsStateChangesNothing() {
        int domid = LibxlStyleBuild.pvh(xen, 256, 512).domid;
        var before = xen.domains().info(domid);
        xen.domains().monitorAttached(domid);
        assertEquals(before, xen.domains().info(domid));
    }

    @Test
    void aRingNeedsAPageAndVcpus() {
        int bare = xen.domains().create(new CreateDomain(UUID.randomUUID(), 3, 1, 1, 2));
        assertEquals(Errno.EINVAL, errno(() -> xen.domains().attachMonitor(bare)));
        assertFalse(xen.domains().monitorAttached(bare));
        xen.domains().setMaxVcpus(bare, 1);
        assertEquals(Errno.EOPNOTSUPP, errno(() -> xen.domains().attachMonitor(bare)));
        xen.hvm().setParam(bare, HvmParam.MONITOR_RING_PFN, 7);
        assertEquals(Errno.EINVAL, errno(() -> xen.domains().attachMonitor(bare)));
    }

    @Test
    void domainZeroAndDomainsThatDoNotExistHaveNone() {
        assertFalse(xen.domains().monitorAttached(0));
        assertEquals(Errno.ESRCH, errno(() -> xen.domains().monitorAttached(99)));
    }
}
