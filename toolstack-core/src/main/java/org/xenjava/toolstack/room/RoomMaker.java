// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.room;

import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.error.HostMemoryException;
import org.xenjava.toolstack.error.ToolstackException;
import org.xenjava.toolstack.memory.MemoryPlan;
import org.xenjava.toolstack.memory.RoomPolicy;
import org.xenjava.toolstack.operation.Undo;
import org.xenjava.toolstack.progress.Cancellation;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.xenctrl.DomainInfo;
import org.xenjava.toolstack.xenctrl.HypercallException;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.lib.ControlDomain;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * Refuses a guest that the host's memory cannot hold before a file of the guest is read, or makes room for it by
 * shrinking domain 0 as far as domain 0 itself can spare the memory. The change is recorded before it is made, undone if
 * it does not help, and reverted when guests end, by any process.
 */
public final class RoomMaker {
    /** The name of the record of what was taken, beside the journals of builds and removals. */
    public static final String NAME = RoomRecord.NAME;

    private static final Logger LOG = LoggerFactory.getLogger(RoomMaker.class);
    private static final int CONTROL_DOMAIN = 0;
    private static final DomainPaths PATHS = new DomainPaths(CONTROL_DOMAIN);

    /** libxl's test, simplified: a size of domain 0 on Xen's command line. */
    private static final Pattern FIXED_SIZE = Pattern.compile("(^|\\s)dom0_mem=\\S*\\d");

    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(100);

    /** Linux gives up for a while when it finds no page, and tries again after one second at first. */
    private static final Duration LONGEST_STILLNESS = Duration.ofSeconds(5);

    /** A create by xl holds the lock to its end. */
    private static final Duration LONGEST_CREATE = Duration.ofMinutes(10);

    /** Xen's structures of a domain, its special pages and grant tables, which are taken outside of the claim. */
    private static final Pages OVERHEAD = KiB.ofMiB(4).toPages();

    /** Less is not worth a look: guests leave some of their overhead unused. */
    private static final Pages LEAST_RETURN = KiB.ofMiB(16).toPages();

    /** A balloon driver may end some pages beside its target. */
    private static final Pages TOLERANCE = Pages.of(256);

    private final Xenctrl xenctrl;
    private final StoreClient store;
    private final ControlDomain system;
    private final RoomPolicy policy;
    private final Reservations balancer;
    private final Consumer<Duration> pause;

    /** Asks the balancer of the host, if one runs. */
    @FunctionalInterface
    public interface Reservations {
        /** There is no balancer. */
        Reservations NONE = (domain, size, limit, cancellation) -> Optional.empty();

        /**
         * Waits until the balancer has made memory free.
         *
         * @param domain the domain to be built
         * @param size the memory that it needs
         * @param limit the longest wait
         * @param cancellation ends the wait
         * @return ends the reservation; empty if no balancer runs
         * @throws HostMemoryException if the balancer refuses
         */
        Optional<Runnable> reserve(UUID domain, KiB size, Duration limit, Cancellation cancellation);

        /** Ends the reservations that could not be ended because xenstored could not be reached. */
        default void retryReleases() {}
    }

    /**
     * @param system domain 0's own system
     * @param balancer asked if neither the host nor domain 0 has the memory
     * @param pause lets time pass
     */
    public RoomMaker(
            Xenctrl xenctrl,
            StoreClient store,
            ControlDomain system,
            RoomPolicy policy,
            Reservations balancer,
            Consumer<Duration> pause) {
        this.xenctrl = xenctrl;
        this.store = store;
        this.system = system;
        this.policy = policy;
        this.balancer = balancer;
        this.pause = pause;
    }

    /**
     * Makes room for a guest, if there is none. The build claims its memory in addition, since a process that knows no
     * lock may come first.
     *
     * @param backed whether the boot of the guest is to be backed with pages of the host, if they can be had
     * @param guest the guest to be built
     * @throws HostMemoryException if too little is free and unclaimed, and domain 0 cannot give it; domain 0 has the
     *     target that it had before
     */
    public Room make(MemoryPlan memory, Backing backed, Guest guest, Cancellation cancellation) {
        Pages least = memory.claim().plus(Pages.holding(memory.pagingPoolBytes()));
        Pages wanted = backed == Backing.WANTED ? least.plus(memory.initialDebt()) : least;
        RoomDecision.Need need = new RoomDecision.Need(least.plus(OVERHEAD), wanted.plus(OVERHEAD));
        String attempt = "building domain " + guest.name();
        balancer.retryReleases();
        try {
            return make(least, need, attempt, cancellation);
        } catch (HostMemoryException e) {
            Runnable release = balancer.reserve(guest.uuid(), need.least().toKiB(), policy.limit(), cancellation)
                    .orElseThrow(() -> e);
            Room room = Undo.onFailure(() -> make(least, need, attempt, cancellation), release);
            return new Room(() -> Undo.all(room::close, release));
        }
    }

    /**
     * A guest to be built.
     *
     * @param name its name, for messages
     * @param uuid its UUID
     */
    public record Guest(String name, UUID uuid) {}

    private Room make(Pages least, RoomDecision.Need need, String attempt, Cancellation cancellation) {
        if (!isAllowed()) {
            Pages available = available();
            if (least.isMoreThan(available)) {
                throw tooLittle(attempt, least, available, controlDomain(), Optional.empty());
            }
            return new Room(() -> {});
        }
        ControlDomain.XlLock lock = lock(attempt, cancellation);
        Undo.onFailure(() -> shrink(need, attempt, cancellation), lock::close);
        return new Room(lock::close);
    }

    /** {@return the size of domain 0, which a user may set too} */
    public ControlDomainSize controlDomainSize() {
        return new ControlDomainSize(xenctrl, store, system, policy);
    }

    /** Gives domain 0 back what is free, unless the policy leaves domain 0 alone. Ends what reservations are left. */
    public void giveBackIfOn() {
        balancer.retryReleases();
        if (policy.mode() != RoomPolicy.Mode.NEVER) {
            giveBack();
        }
    }

    /** The backing of a guest's boot, wanted or not. */
    public enum Backing {
        /** The guest gets its own memory only. */
        NONE,
        /** The host lends what the guest's entries lack, if it can. */
        WANTED
    }

    private boolean isAllowed() {
        return switch (policy.mode()) {
            case NEVER -> false;
            case UNLESS_FIXED -> !isFixed(xenctrl);
            case ALWAYS -> true;
        };
    }

    /** {@return whether Xen's command line fixes the size of domain 0} */
    static boolean isFixed(Xenctrl xenctrl) {
        return FIXED_SIZE.matcher(xenctrl.host().commandLine()).find();
    }

    private Pages available() {
        return Pages.of(Math.max(0, xenctrl.host().physInfo().availablePages()));
    }

    private Pages controlDomain() {
        return xenctrl.domains()
                .info(CONTROL_DOMAIN)
                .map(DomainInfo::totPages)
                .map(Pages::of)
                .orElse(Pages.ZERO);
    }

    private ControlDomain.XlLock lock(String attempt, Cancellation cancellation) {
        for (Duration waited = Duration.ZERO; ; waited = waited.plus(BETWEEN_LOOKS)) {
            cancellation.check(attempt);
            Optional<ControlDomain.XlLock> lock = system.tryLock();
            if (lock.isPresent()) {
                return lock.get();
            }
            if (waited.compareTo(LONGEST_CREATE) >= 0) {
                throw new HostMemoryException(attempt + ": the host has too little free memory, and another process has"
                        + " held xl's lock for " + LONGEST_CREATE.toMinutes()
                        + " min, so that domain 0 cannot be made smaller; nothing was taken");
            }
            pause.accept(BETWEEN_LOOKS);
        }
    }

    /** Makes domain 0 smaller under xl's lock. */
    private void shrink(RoomDecision.Need need, String attempt, Cancellation cancellation) {
        Pages available = available();
        Pages owned = controlDomain();
        KiB usable = Pages.of(system.availableBytes() / Pages.BYTES).toKiB();
        RoomDecision decision = RoomDecision.of(policy, need, available, owned, usable);
        switch (decision.verdict()) {
            case ENOUGH -> LOG.debug("{}: {} are free and unclaimed", attempt, available);
            case IMPOSSIBLE -> throw tooLittle(attempt, need.least(), available, owned, Optional.of(decision.spare()));
            case SHRINK -> {
                KiB before = target().orElse(owned.toKiB());
                Optional<RoomRecord> record = RoomRecord.read(store.direct());
                LOG.info("{}: domain 0 shrinks from {} to {}", attempt, owned.toKiB(), decision.target());
                Undo.onFailure(
                        () -> {
                            write(
                                    new RoomRecord(
                                            record.map(RoomRecord::before).orElse(before), decision.target()),
                                    owned);
                            await(decision, need, attempt, cancellation);
                        },
                        () -> putBack(record, before));
            }
        }
    }

    private Optional<KiB> target() {
        return store.readPlausibleKib(PATHS.memoryTarget());
    }

    /** Where xl has never looked at domain 0, its nodes are missing, of which xl and balloon drivers expect both. */
    private void write(RoomRecord record, Pages owned) {
        store.inTransaction(transaction -> {
            record.write(transaction);
            if (!transaction.exists(PATHS.memoryStaticMax())) {
                transaction.write(
                        PATHS.memoryStaticMax(), Long.toString(owned.toKiB().value()));
            }
            transaction.write(PATHS.memoryTarget(), Long.toString(record.set().value()));
            return record;
        });
    }

    private void putBack(Optional<RoomRecord> record, KiB before) {
        LOG.info("domain 0 gets its target of {} back", before);
        store.inTransaction(transaction -> {
            transaction.write(PATHS.memoryTarget(), Long.toString(before.value()));
            record.ifPresentOrElse(
                    older -> new RoomRecord(older.before(), before).write(transaction),
                    () -> RoomRecord.remove(transaction));
            return before;
        });
    }

    private void await(RoomDecision decision, RoomDecision.Need need, String attempt, Cancellation cancellation) {
        Pages fewest = Pages.of(Long.MAX_VALUE);
        Duration still = Duration.ZERO;
        for (Duration waited = Duration.ZERO; ; waited = waited.plus(BETWEEN_LOOKS)) {
            cancellation.check(attempt);
            Pages available = available();
            if (!decision.available().isMoreThan(available.plus(TOLERANCE))) {
                return;
            }
            Pages owned = controlDomain();
            still = fewest.isMoreThan(owned) ? Duration.ZERO : still.plus(BETWEEN_LOOKS);
            fewest = fewest.min(owned);
            if (still.compareTo(LONGEST_STILLNESS) >= 0 || waited.compareTo(policy.limit()) >= 0) {
                if (need.least().isMoreThan(available)) {
                    throw new HostMemoryException(
                            attempt + ": domain 0 was asked to shrink to " + decision.target() + ", still has "
                                    + owned.toKiB() + " and gives nothing more up; it has its old target again. "
                                    + "End programs in domain 0, or ask for less",
                            shortage(need.least(), available, owned));
                }
                return;
            }
            pause.accept(BETWEEN_LOOKS);
        }
    }

    private static HostMemoryException.Shortage shortage(Pages needed, Pages available, Pages controlDomain) {
        return new HostMemoryException.Shortage(needed.count(), available.count(), controlDomain.count());
    }

    private static HostMemoryException tooLittle(
            String attempt, Pages needed, Pages available, Pages controlDomain, Optional<Pages> spare) {
        return new HostMemoryException(
                attempt + ": the host cannot give " + mib(needed) + " MiB of memory: " + mib(available)
                        + " MiB are free and unclaimed, and domain 0 has " + mib(controlDomain) + " MiB"
                        + spare.map(pages -> ", of which it can spare " + mib(pages) + " MiB")
                                .orElse("")
                        + "; nothing was taken. Make domain 0 or another domain smaller, or ask for less",
                shortage(needed, available, controlDomain));
    }

    private static long mib(Pages pages) {
        return pages.toKiB().toMiB();
    }

    // ---- giving back --------------------------------------------------------------------------------------

    /** {@return whether something was taken from domain 0 of which the host has memory to spare now} */
    public boolean isReturnable() {
        return RoomRecord.read(store.direct()).isPresent() && surplus().isMoreThan(LEAST_RETURN);
    }

    /**
     * Gives domain 0 back what is free beyond the reserve, of what was taken from it. Does nothing if nothing was taken,
     * or while another process holds xl's lock. A failure is logged: the next call tries again.
     */
    public void giveBack() {
        try {
            if (RoomRecord.read(store.direct()).isPresent()) {
                system.tryLock().ifPresent(lock -> {
                    try (lock) {
                        giveBackLocked();
                    }
                });
            }
        } catch (ToolstackException | XenLibException | HypercallException e) {
            LOG.warn("domain 0 does not get its memory back now: {}", e.getMessage());
        }
    }

    private Pages surplus() {
        Pages available = available();
        Pages reserve = policy.reserve().toPages();
        return available.isMoreThan(reserve) ? available.minus(reserve) : Pages.ZERO;
    }

    /** What domain 0 owns and what is free make one sum while it grows: repeating this gives nothing twice. */
    private void giveBackLocked() {
        KiB possible = controlDomain().plus(surplus()).toKiB();
        store.inTransaction(transaction -> {
            Optional<RoomRecord> record = RoomRecord.read(transaction);
            Optional<KiB> target = transaction.readPlausibleKib(PATHS.memoryTarget());
            if (record.isEmpty() || !target.equals(record.map(RoomRecord::set))) {
                RoomRecord.remove(transaction);
                return record;
            }
            KiB before = record.get().before();
            KiB most = target.get().max(possible);
            KiB next = before.isLessThan(most) ? before : most;
            if (!next.equals(target.get())) {
                LOG.info("domain 0 may grow to {} again", next);
                transaction.write(PATHS.memoryTarget(), Long.toString(next.value()));
            }
            if (next.equals(before)) {
                RoomRecord.remove(transaction);
            } else {
                new RoomRecord(before, next).write(transaction);
            }
            return record;
        });
    }
}
