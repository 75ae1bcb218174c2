// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.room;

import java.util.function.Consumer;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.error.DomainStateException;
import org.xenjava.toolstack.memory.RoomPolicy;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.store.StoreTransaction;
import org.xenjava.toolstack.xenctrl.DomainInfo;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.lib.ControlDomain;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * Sets the size of domain 0 at a user's request. Domain 0 keeps what its programs use and a margin, and the host keeps a
 * reserve. A size that a user has set stays when guests end.
 */
public final class ControlDomainSize {
    private static final Logger LOG = LoggerFactory.getLogger(ControlDomainSize.class);
    private static final int CONTROL_DOMAIN = 0;
    private static final DomainPaths PATHS = new DomainPaths(CONTROL_DOMAIN);

    private final Xenctrl xenctrl;
    private final StoreClient store;
    private final ControlDomain system;
    private final RoomPolicy policy;

    ControlDomainSize(Xenctrl xenctrl, StoreClient store, ControlDomain system, RoomPolicy policy) {
        this.xenctrl = xenctrl;
        this.store = store;
        this.system = system;
        this.policy = policy;
    }

    /** {@return whether Xen's command line fixes the size of domain 0} */
    public boolean isFixed() {
        return RoomMaker.isFixed(xenctrl);
    }

    /** {@return the smallest size that domain 0 can have with the programs that run now} */
    public KiB least() {
        return least(Pages.of(info().totPages()));
    }

    private KiB least(Pages owned) {
        KiB usable = Pages.of(system.availableBytes() / Pages.BYTES).toKiB();
        return owned.minus(RoomDecision.spare(policy, owned, usable)).toKiB();
    }

    /**
     * Asks domain 0's balloon driver for a size and returns at once.
     *
     * @throws ConfigException if domain 0 needs more, or Xen or the host allows less
     * @throws DomainStateException if another process makes room for a guest
     */
    public void set(KiB memory) {
        set(memory, transaction -> true);
    }

    /**
     * Asks domain 0's balloon driver for a size for a balancer, unless another process has set another size.
     *
     * @param from the size that domain 0 is expected to have
     * @param note what is written to xenstore with the new size
     * @return false if domain 0 has another size; nothing was changed
     * @throws ConfigException if domain 0 needs more, or Xen or the host allows less
     * @throws DomainStateException if another process makes room for a guest
     */
    public boolean move(KiB from, KiB memory, Consumer<StoreTransaction> note) {
        return set(memory, transaction -> {
            boolean expected = transaction
                    .readPlausibleKib(PATHS.memoryTarget())
                    .filter(target -> !target.equals(from))
                    .isEmpty();
            if (expected) {
                note.accept(transaction);
            }
            return expected;
        });
    }

    /**
     * {@return the size that domain 0 had before it was made smaller for a guest; the present size if it was not}
     *
     * @param size the present size
     */
    public KiB beforeRoom(KiB size) {
        return RoomRecord.read(store.direct())
                .filter(record -> record.set().equals(size))
                .map(RoomRecord::before)
                .orElse(size);
    }

    private boolean set(KiB memory, Predicate<StoreTransaction> condition) {
        ControlDomain.XlLock lock = system.tryLock()
                .orElseThrow(
                        () -> new DomainStateException("another process builds a guest and may be changing the size of"
                                + " domain 0; try again when it has ended"));
        try (lock) {
            DomainInfo info = info();
            requireSize(memory, info);
            boolean done = store.inTransaction(transaction -> {
                if (!condition.test(transaction)) {
                    return false;
                }
                RoomRecord.remove(transaction);
                if (!transaction.exists(PATHS.memoryStaticMax())) {
                    transaction.write(
                            PATHS.memoryStaticMax(),
                            Long.toString(Pages.of(info.totPages()).toKiB().value()));
                }
                transaction.write(PATHS.memoryTarget(), Long.toString(memory.value()));
                return true;
            });
            if (done) {
                LOG.info("domain 0 has the target {}", memory);
            }
            return done;
        }
    }

    /**
     * Sets max_mem. libxl compares later sizes with {@code memory/static-max}, so that node follows.
     *
     * @throws ConfigException if domain 0 owns more, or the host has less
     */
    public void setMaximum(KiB maximum) {
        KiB owned = Pages.of(info().totPages()).toKiB();
        KiB host = Pages.of(xenctrl.host().physInfo().totalPages()).toKiB();
        if (!maximum.isMultipleOfMiB() || maximum.isLessThan(owned) || host.isLessThan(maximum)) {
            throw new ConfigException("the maximum memory of domain 0 is whole MiB, at least the " + owned
                    + " that it owns and at most the " + host + " of the host, not " + maximum);
        }
        xenctrl.memory().setMaxMem(CONTROL_DOMAIN, maximum);
        store.direct().write(PATHS.memoryStaticMax(), Long.toString(maximum.value()));
        LOG.info("domain 0 may grow to {}", maximum);
    }

    private DomainInfo info() {
        return xenctrl.domains()
                .info(CONTROL_DOMAIN)
                .orElseThrow(() -> new DomainStateException("Xen knows no domain 0"));
    }

    private void requireSize(KiB memory, DomainInfo info) {
        Pages owned = Pages.of(info.totPages());
        KiB least = least(owned);
        long surplus = xenctrl.host().physInfo().availablePages()
                - policy.reserve().toPages().count();
        KiB possible = owned.plus(Pages.of(Math.max(0, surplus))).toKiB();
        KiB allowed = Pages.of(Math.max(info.maxPages(), info.totPages())).toKiB();
        if (memory.isLessThan(least)) {
            throw new ConfigException("domain 0 cannot shrink to " + memory + ": it needs " + least.roundUpToMiB()
                    + " MiB for its programs and a margin of " + policy.margin().toMiB() + " MiB, and at least "
                    + policy.least().toMiB() + " MiB");
        }
        if (possible.isLessThan(memory)) {
            throw new ConfigException(
                    "domain 0 cannot grow to " + memory + ": with the free memory of the host it can have "
                            + possible.toMiB() + " MiB, if a reserve of "
                            + policy.reserve().toMiB() + " MiB stays free");
        }
        if (allowed.isLessThan(memory)) {
            throw new ConfigException("domain 0 cannot grow to " + memory + ": Xen allows it " + allowed.toMiB()
                    + " MiB; raise that first (mem-max)");
        }
        if (!memory.toPages().toKiB().equals(memory)) {
            throw new ConfigException("the memory of domain 0 is whole pages of 4 KiB, not " + memory);
        }
    }
}
