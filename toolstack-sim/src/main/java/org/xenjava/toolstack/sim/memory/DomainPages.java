// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.memory;

import java.util.BitSet;
import java.util.HashSet;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import org.xenjava.toolstack.xenctrl.lib.Errno;

/** Counts the pages that a domain owns, against its limit and its claim on the host's memory. */
final class DomainPages {
    private final int domid;
    private final HostMemory host;
    private final PhysicalMemory content;
    private final MemoryEvents events;
    private final BitSet preferredNodes = new BitSet();
    private final Set<Long> freedWhileMapped = new HashSet<>();
    private long total;
    private long max;
    private long claim;
    private boolean dying;

    DomainPages(int domid, HostMemory host, PhysicalMemory content, MemoryEvents events) {
        this.domid = domid;
        this.host = host;
        this.content = content;
        this.events = events;
    }

    int domid() {
        return domid;
    }

    long total() {
        return total;
    }

    long max() {
        return max;
    }

    void setMax(long pages) {
        max = pages;
    }

    /** The nodes from which pages are taken first; none for all of them. */
    BitSet preferredNodes() {
        return preferredNodes;
    }

    /** The number of those frames that are a node's. */
    long partOf(int node, long first, long count) {
        return host.partOf(node, first, count);
    }

    long claim() {
        return claim;
    }

    boolean dying() {
        return dying;
    }

    void startDying() {
        dying = true;
        setClaim(0);
    }

    /** {@code XENMEM_claim_pages}: sets the wanted total; 0 gives the claim back. */
    void claim(long pages) {
        if (pages == 0) {
            setClaim(0);
            return;
        }
        if (claim != 0 || pages <= total || Long.compareUnsigned(pages, max) > 0) {
            throw new XenRefusal(Errno.EINVAL);
        }
        if (pages - total > host.freePages() - host.claimedPages()) {
            throw new XenRefusal(Errno.ENOMEM);
        }
        setClaim(pages - total);
    }

    private void setClaim(long pages) {
        host.adjustClaims(pages - claim);
        claim = pages;
    }

    /** Takes contiguous pages from the heap; empty if the domain's limit forbids them or the host has none. */
    OptionalLong allocate(int order) {
        return allocate(order, OptionalInt.empty());
    }

    /** Takes contiguous pages, if a node is given only from that node. */
    OptionalLong allocate(int order, OptionalInt onlyFrom) {
        OptionalLong first = onlyFrom.isPresent()
                ? host.allocateFrom(onlyFrom.getAsInt(), order, claim)
                : host.allocate(order, claim, preferredNodes);
        if (first.isEmpty()) {
            return first;
        }
        long count = 1L << order;
        if (!mayOwn(count)) {
            host.release(first.getAsLong(), count);
            return OptionalLong.empty();
        }
        account(count);
        return first;
    }

    private boolean mayOwn(long count) {
        if (dying) {
            events.print("Cannot assign page to domain" + domid + " -- dying.");
            return false;
        }
        if (total > max) {
            events.print("Inconsistent allocation for d" + domid + ": " + total + " > " + max);
            return false;
        }
        if (count > max - total) {
            events.print("Over-allocation for d" + domid + ": " + (total + count) + " > " + max);
            return false;
        }
        return true;
    }

    private void account(long count) {
        total += count;
        if (claim != 0) {
            setClaim(Math.max(0, claim - count));
        }
    }

    /** Gives pages back to the heap. The domain owns a page that somebody has mapped until it is unmapped. */
    void free(long first, long count) {
        long at = first;
        for (long mapped : content.mapped(first, count)) {
            release(at, mapped - at);
            freedWhileMapped.add(mapped);
            at = mapped + 1;
        }
        release(at, first + count - at);
    }

    /** Gives a page back whose mapping has ended, if it was freed in the meantime. */
    void unmapped(long mfn) {
        if (freedWhileMapped.contains(mfn) && !content.isMapped(mfn, 1)) {
            freedWhileMapped.remove(mfn);
            release(mfn, 1);
        }
    }

    private void release(long first, long count) {
        if (count == 0) {
            return;
        }
        content.clear(first, count);
        host.release(first, count);
        account(-count);
    }
}
