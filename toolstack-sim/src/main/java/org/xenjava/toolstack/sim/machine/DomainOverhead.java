// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.machine;

import java.util.ArrayList;
import java.util.List;
import org.xenjava.toolstack.sim.memory.HostMemory;
import org.xenjava.toolstack.sim.memory.HostMemory.Frames;
import org.xenjava.toolstack.sim.memory.XenRefusal;
import org.xenjava.toolstack.xenctrl.lib.Errno;

/**
 * Host memory that a domain costs and does not own: Xen's structures for the domain and its vCPUs, and the pool of
 * pages for its page tables. The constants were measured on Xen 4.17.
 */
final class DomainOverhead {
    private static final long DOMAIN_PAGES = 20;
    private static final long VCPU_PAGES = 10;
    private static final long INITIAL_PAGING_POOL_PAGES = 256;

    private final HostMemory host;
    private final List<Frames> structures = new ArrayList<>();
    private final List<Frames> pagingPool = new ArrayList<>();

    DomainOverhead(HostMemory host) {
        this.host = host;
    }

    /**
     * Takes what a new domain needs, or nothing.
     *
     * @param hvm whether the domain has a paging pool
     * @throws XenRefusal ENOMEM if the host has less
     */
    void takeForDomain(boolean hvm) {
        takeStructures(DOMAIN_PAGES);
        if (hvm) {
            try {
                resizePagingPool(INITIAL_PAGING_POOL_PAGES);
            } catch (XenRefusal refusal) {
                releaseAll();
                throw refusal;
            }
        }
    }

    /**
     * Takes what that many vCPUs need.
     *
     * @throws XenRefusal ENOMEM if the host has less
     */
    void takeForVcpus(int vcpus) {
        takeStructures(vcpus * VCPU_PAGES);
    }

    private void takeStructures(long pages) {
        List<Frames> taken = host.takeLoose(pages);
        if (taken.isEmpty()) {
            throw new XenRefusal(Errno.ENOMEM);
        }
        structures.addAll(taken);
    }

    /** The machine frame of the page that the domain shares with Xen. */
    long sharedInfoFrame() {
        return structures.get(0).first();
    }

    /** The size of the paging pool in pages. */
    long pagingPoolPages() {
        return pagingPool.stream().mapToLong(Frames::count).sum();
    }

    /**
     * Gives the paging pool that many pages. If the host has fewer, the pool gets those.
     *
     * @throws XenRefusal ENOMEM if the host has fewer
     */
    void resizePagingPool(long pages) {
        long has = pagingPoolPages();
        if (pages > has) {
            long available = Math.min(pages - has, host.freePages() - host.claimedPages());
            pagingPool.addAll(host.takeLoose(available));
            if (available < pages - has) {
                throw new XenRefusal(Errno.ENOMEM);
            }
        }
        for (long excess = has - pages; excess > 0; ) {
            Frames last = pagingPool.remove(pagingPool.size() - 1);
            long keep = Math.max(0, last.count() - excess);
            if (keep > 0) {
                pagingPool.add(new Frames(last.first(), keep));
            }
            host.release(last.first() + keep, last.count() - keep);
            excess -= last.count() - keep;
        }
    }

    /** Gives the paging pool back to the host. */
    void releasePagingPool() {
        release(pagingPool);
    }

    /** Gives everything back to the host. */
    void releaseAll() {
        release(pagingPool);
        release(structures);
    }

    private void release(List<Frames> frames) {
        frames.forEach(run -> host.release(run.first(), run.count()));
        frames.clear();
    }
}
