// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import org.xenjava.toolstack.xenctrl.lib.Errno;

/** Domain 1 on a host of its own, with Xen's console. */
final class Bench {
    static final Actor GUEST = new Actor(1);

    final HostMemory host;
    final PhysicalMemory content = new PhysicalMemory();
    final List<String> console = new ArrayList<>();
    final DomainMemory domain;
    boolean preemptionPending;
    int crashes;
    boolean gone;

    private Bench(long hostPages, int largestOrder, long maxPages) {
        host = new HostMemory(hostPages, 1);
        domain = new DomainMemory(
                1,
                host,
                content,
                new Recorder(),
                new MemoryRules(largestOrder, () -> preemptionPending, "p2m-pod.c:1"));
        domain.setMaxPages(maxPages);
    }

    private final class Recorder implements MemoryEvents {
        @Override
        public void print(String line) {
            console.add(line);
        }

        @Override
        public void crash(Actor actor, String sourceLine) {
            crashes++;
        }

        @Override
        public void emptied() {
            gone = true;
        }
    }

    /** A host of 1 GiB on which only 4 KiB entries exist. */
    static Bench small(long maxPages) {
        return new Bench(1 << 18, 0, maxPages);
    }

    /** A host of 8 GiB with 2 MiB entries. */
    static Bench large() {
        return new Bench(1 << 21, 9, 1 << 20);
    }

    /** A host of 8 GiB with 1 GiB entries. */
    static Bench huge() {
        return new Bench(1 << 21, 18, 1 << 20);
    }

    static Bench onHostOf(long hostPages) {
        return new Bench(hostPages, 0, hostPages * 2);
    }

    Bench target(long pages) {
        domain.setPodTarget(pages);
        return this;
    }

    /** The errno that a refused pod target gives. */
    Errno refusedTarget(long pages) {
        try {
            domain.setPodTarget(pages);
        } catch (XenRefusal refusal) {
            return refusal.errno();
        }
        throw new AssertionError("a target of " + pages + " was accepted");
    }

    /** Marks these gfns PoD one by one. */
    Bench mark(long first, long count) {
        for (long gfn = first; gfn < first + count; gfn++) {
            assertEquals(true, domain.markPopulateOnDemand(gfn, 0));
        }
        return this;
    }

    /** Marks blocks of 2 MiB. */
    Bench markBlocks(long first, long count) {
        for (long gfn = first; gfn < first + count * 512; gfn += 512) {
            assertEquals(true, domain.markPopulateOnDemand(gfn, 9));
        }
        return this;
    }

    /** The guest reads: the page stays zero. */
    Bench touch(long first, long count) {
        for (long gfn = first; gfn < first + count; gfn++) {
            domain.touch(gfn, GUEST);
        }
        return this;
    }

    /** The guest writes something. */
    Bench dirty(long first, long count) {
        for (long gfn = first; gfn < first + count; gfn++) {
            domain.overwrite(gfn, 1, DomainMemory.Filling.SOMETHING, GUEST);
        }
        return this;
    }

    Bench zero(long gfn) {
        domain.overwrite(gfn, 1, DomainMemory.Filling.ZEROES, GUEST);
        return this;
    }

    /** Gives single gfns back; returns how many Xen took. */
    long free(long first, long count) {
        long done = 0;
        while (done < count && domain.decreaseReservation(first + done, 0)) {
            done++;
        }
        return done;
    }

    long entries() {
        return domain.podCounters().entries();
    }

    long cache() {
        return domain.podCounters().cachePages();
    }

    long total() {
        return domain.totalPages();
    }

    long debt() {
        return entries() - cache();
    }

    /** {@code E<entries> C<cache> P<populated>}. */
    String state() {
        return "E" + entries() + " C" + cache() + " P" + (total() - cache());
    }
}
