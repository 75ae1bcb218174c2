// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.xenjava.toolstack.sim.RawCalls.refusal;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.xenctrl.CreateDomain;
import org.xenjava.toolstack.xenctrl.DomainInfo;
import org.xenjava.toolstack.xenctrl.HypercallException;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.abi.DomctlOp;
import org.xenjava.toolstack.xenctrl.abi.MemoryOp;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.MappedPages;
import org.xenjava.toolstack.xenctrl.lib.Protection;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;
import org.xenjava.toolstack.xenctrl.lib.XenStoreWatchEvent;

/** The end of a domain that shuts down or is destroyed, and of what others have mapped of it. */
class DomainEndTest {
    private static final UUID HANDLE = UUID.fromString("12345678-9abc-def0-1234-56789abcdef0");
    private static final CreateDomain PVH =
            new CreateDomain(HANDLE, DomctlOp.CDF_HVM | DomctlOp.CDF_HAP, DomctlOp.EMU_LAPIC, 2, 2);

    private final SimulatedXen machine = SimulatedXen.create();
    private final XenLibraries libraries = machine.connect();
    private final Xenctrl xen = Xenctrl.open(libraries);

    private static Errno errno(Runnable call) {
        return assertThrows(HypercallException.class, call::run).errno();
    }

    private DomainInfo info(int domid) {
        return xen.domains().info(domid).orElseThrow();
    }

    @Test
    void aDomainKeepsItsFirstShutdownReason() {
        int domid = LibxlStyleBuild.pvh(xen, 256, 512).domid;
        xen.domains().unpause(domid);
        xen.domains().remoteShutdown(domid, 1);
        xen.domains().remoteShutdown(domid, 3);
        assertTrue(info(domid).shutdown());
        assertEquals(1, info(domid).shutdownReason());
    }

    @Test
    void xenstoreReportsAShutdownAndTheEndOfADomain() {
        int domid = LibxlStyleBuild.pvh(xen, 256, 512).domid;
        libraries.store().watch("@releaseDomain", "r");
        assertEquals(1, events());
        xen.domains().remoteShutdown(domid, 0);
        assertEquals(1, events());
        xen.domains().destroy(domid);
        assertEquals(1, events());
        assertFalse(libraries.store().isDomainIntroduced(domid));
    }

    private int events() {
        int count = 0;
        while (libraries
                .store()
                .readWatch(Duration.ZERO)
                .map(XenStoreWatchEvent::token)
                .isPresent()) {
            count++;
        }
        return count;
    }

    @Test
    void aDomainWhosePagesAreMappedStaysAZombieUntilTheyAreNot() {
        long free = xen.host().physInfo().freePages();
        LibxlStyleBuild guest = LibxlStyleBuild.pvh(xen, 256, 512);
        MappedPages pages = guest.map(0x1000, 3);
        xen.domains().destroy(guest.domid);
        assertTrue(info(guest.domid).dying());
        assertEquals(3, info(guest.domid).totPages());
        xen.domains().destroy(guest.domid);
        assertEquals(0x1001, pages.bytes().getLong(0), "what is mapped can still be read");
        pages.close();
        pages.close();
        assertTrue(xen.domains().info(guest.domid).isEmpty());
        assertEquals(free, xen.host().physInfo().freePages());
    }

    @Test
    void aMappedGrantTableKeepsAZombieToo() {
        LibxlStyleBuild guest = LibxlStyleBuild.pvh(xen, 256, 512);
        MappedPages table = libraries
                .foreignMemory()
                .mapResource(guest.domid, MemoryOp.XENMEM_RESOURCE_GRANT_TABLE, 0, 0, 1, Protection.READ);
        xen.domains().destroy(guest.domid);
        assertTrue(info(guest.domid).dying());
        table.close();
        assertTrue(xen.domains().info(guest.domid).isEmpty());
    }

    @Test
    void closingAConnectionUnmapsWhatItMapped() {
        LibxlStyleBuild guest = LibxlStyleBuild.pvh(xen, 256, 512);
        XenLibraries other = machine.connect();
        other.foreignMemory().map(guest.domid, Protection.READ, 0x1000);
        xen.domains().destroy(guest.domid);
        assertTrue(info(guest.domid).dying());
        other.close();
        assertTrue(xen.domains().info(guest.domid).isEmpty());
    }

    @Test
    void aMappingOfAHoleFailsAndAReadOnlyOneCannotBeWritten() {
        LibxlStyleBuild guest = LibxlStyleBuild.pvh(xen, 256, 512);
        assertEquals(Errno.EINVAL, refusal(() -> guest.map(0xffff0, 1)));
        assertEquals(Errno.ESRCH, refusal(() -> libraries.foreignMemory().map(999, Protection.READ, 1)));
        try (MappedPages page = libraries.foreignMemory().map(guest.domid, Protection.READ, 0x1000)) {
            assertThrows(
                    java.nio.ReadOnlyBufferException.class, () -> page.bytes().put(0, (byte) 1));
        }
    }

    @Test
    void dom0CannotDestroyItself() {
        assertEquals(Errno.EINVAL, errno(() -> xen.domains().destroy(0)));
        assertEquals(Errno.ESRCH, errno(() -> xen.domains().destroy(999)));
    }

    @Test
    void manyThreadsMayUseTheMachineAtOnce() throws InterruptedException {
        long free = xen.host().physInfo().freePages();
        List<Thread> threads = new ArrayList<>();
        Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
        for (int i = 0; i < 4; i++) {
            Thread thread = new Thread(() -> {
                try (XenLibraries own = machine.connect()) {
                    Xenctrl mine = Xenctrl.open(own);
                    for (int round = 0; round < 5; round++) {
                        LibxlStyleBuild guest = LibxlStyleBuild.pvh(mine, 128, 256);
                        mine.domains().unpause(guest.domid);
                        machine.advance(Duration.ofMillis(50));
                        mine.domains().destroy(guest.domid);
                    }
                }
            });
            thread.setUncaughtExceptionHandler((t, failure) -> failures.add(failure));
            threads.add(thread);
            thread.start();
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertEquals(List.of(), List.copyOf(failures));
        assertEquals(free, xen.host().physInfo().freePages());
        assertEquals(1, xen.domains().list().size());
    }
}
