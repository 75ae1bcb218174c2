// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.save;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.error.DomainStateException;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.xenctrl.PoolCalls.Share;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.units.Scheduler;

/**
 * Slows a guest down by a cap on the time of its vCPUs, which the schedulers credit and credit2 have. xenstore has each cap
 * before Xen has it, and the cap that the domain had, so that another process can restore that one if this process is
 * killed. A cap that somebody else sets meanwhile stays.
 */
public final class VcpuThrottle implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(VcpuThrottle.class);

    /** Percent of a CPU. Xen gives out the time in periods of 10 ms (credit2) or 30 ms (credit). */
    private static final int LOWEST = 5;

    private static final int PERCENT = 100;
    private static final int PART = 2;

    private static final Pattern CAPS = Pattern.compile("\\d{1,6}( \\d{1,6})+");

    private final Xenctrl xenctrl;
    private final StoreClient store;
    private final int domid;
    private final Scheduler scheduler;
    private final int cpus;
    private final String node;
    private final List<Integer> caps = new ArrayList<>();
    private int before;

    /**
     * Names a domain, which runs as fast as before.
     *
     * @param xenctrl the hypercalls
     * @param domid number of the domain
     * @param scheduler credit or credit2: the scheduler of the domain's pool
     * @param cpus the most CPUs on which the domain can run at once
     * @param node the record in xenstore
     */
    public VcpuThrottle(Xenctrl xenctrl, StoreClient store, int domid, Scheduler scheduler, int cpus, String node) {
        this.xenctrl = xenctrl;
        this.store = store;
        this.domid = domid;
        this.scheduler = scheduler;
        this.cpus = cpus;
        this.node = node;
    }

    /**
     * {@return a scheduler, if it has caps}
     *
     * @param scheduler empty for one that this library does not know
     * @throws DomainStateException if it has none
     */
    public static Scheduler withCaps(Optional<Scheduler> scheduler) {
        return scheduler
                .filter(VcpuThrottle::hasCaps)
                .orElseThrow(() -> new DomainStateException("the guest cannot be slowed down, because the scheduler "
                        + scheduler.map(found -> found.word() + " ").orElse("")
                        + "of its pool has no caps; only credit and credit2 have"));
    }

    private static boolean hasCaps(Scheduler scheduler) {
        return scheduler == Scheduler.CREDIT || scheduler == Scheduler.CREDIT2;
    }

    /** {@return the cap that this throttle has set last, in percent of a CPU; empty if it has set none} */
    public OptionalInt cap() {
        return caps.isEmpty() ? OptionalInt.empty() : OptionalInt.of(caps.get(caps.size() - 1));
    }

    /**
     * {@return the cap that the domain had, if it has one of this throttle}
     *
     * @param cap the cap that it has
     */
    public OptionalInt replaced(int cap) {
        return caps.contains(cap) ? OptionalInt.of(before) : OptionalInt.empty();
    }

    /**
     * Halves the time of the vCPUs, to 5 % of a CPU at least. Does nothing if they have no more.
     *
     * @throws DomainStateException if somebody else has changed the cap meanwhile
     */
    void slowDown() {
        Share now = xenctrl.pools().share(domid, scheduler);
        if (caps.isEmpty()) {
            before = now.cap();
        } else if (now.cap() != cap().orElseThrow()) {
            throw new DomainStateException(
                    "the cap of domain " + domid + " was changed while its migration slowed it down; try again");
        }
        int most = PERCENT * cpus;
        int present = now.cap() == 0 ? most : Math.min(now.cap(), most);
        int next = Math.max(LOWEST, present / PART);
        if (next >= present) {
            return;
        }
        caps.add(next);
        store.direct()
                .write(
                        node,
                        Stream.concat(Stream.of(before), caps.stream())
                                .map(String::valueOf)
                                .collect(Collectors.joining(" ")));
        xenctrl.pools().setShare(domid, scheduler, new Share(now.weight(), next));
        LOG.info("domain {} is slowed down to {} % of a CPU", domid, next);
    }

    /** Lets the domain have its own cap until {@link #goOn}. The record stays. */
    void suspend() {
        change(caps, before);
    }

    /**
     * Slows the guest down again as before {@link #suspend}. A cap that somebody else has set stays, and ends the migration with the
     * next {@link #slowDown}.
     */
    void goOn() {
        cap().ifPresent(last -> change(List.of(before), last));
    }

    private void change(List<Integer> expected, int next) {
        if (!caps.isEmpty()) {
            Share now = xenctrl.pools().share(domid, scheduler);
            if (expected.contains(now.cap())) {
                xenctrl.pools().setShare(domid, scheduler, new Share(now.weight(), next));
                LOG.info("domain {} has a cap of {}", domid, next);
            }
        }
    }

    /** Restores the cap that the domain had. */
    @Override
    public void close() {
        if (!caps.isEmpty()) {
            restore(xenctrl, store, domid, node);
            caps.clear();
        }
    }

    /**
     * Restores the cap of a domain whose record another process has left. Does nothing if there is no record.
     *
     * @param xenctrl the hypercalls
     * @param domid number of the domain
     * @param node the record
     */
    public static void restore(Xenctrl xenctrl, StoreClient store, int domid, String node) {
        Optional<String> record = store.read(node);
        if (record.isEmpty()) {
            return;
        }
        record.filter(text -> CAPS.matcher(text).matches()).ifPresent(text -> {
            List<Integer> caps =
                    Stream.of(text.split(" ")).map(Integer::valueOf).toList();
            scheduler(xenctrl, domid)
                    .ifPresent(
                            scheduler -> restore(xenctrl, domid, scheduler, caps.get(0), caps.subList(1, caps.size())));
        });
        store.direct().remove(node);
    }

    private static void restore(Xenctrl xenctrl, int domid, Scheduler scheduler, int before, List<Integer> caps) {
        Share now = xenctrl.pools().share(domid, scheduler);
        if (caps.contains(now.cap())) {
            xenctrl.pools().setShare(domid, scheduler, new Share(now.weight(), before));
            LOG.info("domain {} has its cap of {} again", domid, before);
        }
    }

    /** The scheduler of a domain's pool, if the domain is there and that scheduler has caps. */
    private static Optional<Scheduler> scheduler(Xenctrl xenctrl, int domid) {
        return xenctrl.domains()
                .info(domid)
                .filter(info -> !info.dying())
                .flatMap(info -> xenctrl.pools().info(info.pool()))
                .flatMap(pool -> Scheduler.ofId(pool.schedulerId()))
                .filter(VcpuThrottle::hasCaps);
    }
}
