// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create;

import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.error.HostMemoryException;
import org.xenjava.toolstack.memory.MemoryPlan;
import org.xenjava.toolstack.memory.PodPolicy;
import org.xenjava.toolstack.operation.StepRunner;
import org.xenjava.toolstack.operation.Undo;
import org.xenjava.toolstack.progress.Cancellation;
import org.xenjava.toolstack.progress.CreateStep;
import org.xenjava.toolstack.resize.BootBacking;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * The domains of a toolstack that wait for an image and a name. A build of the same shape takes one over; a build that
 * the host's free memory cannot hold gets theirs. Safe to use from many threads.
 */
public final class PreparedGuests {
    private static final Logger LOG = LoggerFactory.getLogger(PreparedGuests.class);

    /** Xen's own structures of a domain, beside its memory. */
    private static final Pages OVERHEAD = KiB.ofMiB(4).toPages();

    private final Xenctrl xenctrl;
    private final StoreClient store;
    private final BuildJournal journal;
    private final PodPolicy podPolicy;
    private final Clock clock;
    private final RandomGenerator random;
    private final BootBacking backing;
    private final DomainRemoval removal;
    private final List<PreparedGuest> waiting = new ArrayList<>();
    private final Lock preparing = new ReentrantLock();
    private final AtomicInteger buildsInNeed = new AtomicInteger();

    PreparedGuests(
            Xenctrl xenctrl,
            StoreClient store,
            BuildJournal journal,
            PodPolicy podPolicy,
            Clock clock,
            RandomGenerator random,
            BootBacking backing,
            DomainRemoval removal) {
        this.xenctrl = xenctrl;
        this.store = store;
        this.journal = journal;
        this.podPolicy = podPolicy;
        this.clock = clock;
        this.random = random;
        this.backing = backing;
        this.removal = removal;
    }

    /**
     * Prepares a domain and makes it available to builds. If a step fails, nothing of it is left.
     *
     * @param like a guest of the same shape
     * @param reserve memory of the host that stays free and unclaimed
     * @param owner called when a build that took the domain has ended; identifies the owner
     * @throws HostMemoryException if the host has too little memory besides the reserve, or a build lacks memory
     */
    public void prepare(DomainConfig like, KiB reserve, Runnable owner, Cancellation cancellation) {
        preparing.lock();
        try {
            PreparedGuest guest = prepareFor(owner, like, reserve, cancellation);
            synchronized (this) {
                waiting.add(guest);
            }
        } finally {
            preparing.unlock();
        }
    }

    private PreparedGuest prepareFor(Runnable owner, DomainConfig like, KiB reserve, Cancellation cancellation) {
        String attempt = "preparing a guest like " + like.name();
        DomainConfig config = like.completed(random);
        MemoryPlan memory = CreatePlan.memory(config, podPolicy, List::of);
        if (buildsInNeed.get() > 0 || isLacking(needed(memory).plus(reserve.toPages()))) {
            throw new HostMemoryException(
                    attempt + ": the host has too little free memory besides the reserve of " + reserve);
        }
        UUID uuid = new UUID(random.nextLong(), random.nextLong());
        GuestShell shell = new GuestShell(xenctrl, store, clock, config, memory, uuid, attempt, cancellation);
        BuildJournal.Note note = journal.noteOfNew(uuid);
        StepRunner<CreateStep> runner = new StepRunner<>(attempt, (step, number, total, phase) -> {}, cancellation);
        GuestShell.Shape shape = GuestShell.Shape.of(config, memory, clock, xenctrl);
        Undo.onFailure(() -> runner.run(Recipes.prepare(note, shell, backing, removal)), note::giveUp);
        return new PreparedGuest(shape, shell, note, owner);
    }

    /** {@return the number of an owner's domains that wait} */
    public int count(Runnable owner) {
        return of(owner).size();
    }

    /** {@return the host memory of an owner's domains that wait} */
    public Pages memory(Runnable owner) {
        return of(owner).stream().map(guest -> needed(guest.shape().memory())).reduce(Pages.ZERO, Pages::plus);
    }

    private synchronized List<PreparedGuest> of(Runnable owner) {
        return waiting.stream().filter(guest -> guest.owner() == owner).toList();
    }

    /** Removes an owner's domains. The owner prepares none any more. */
    public void discardAll(Runnable owner) {
        List<Runnable> parts = new ArrayList<>();
        withdraw(owner).forEach(guest -> parts.add(() -> discard(guest)));
        Undo.all(parts);
    }

    private synchronized List<PreparedGuest> withdraw(Runnable owner) {
        List<PreparedGuest> found = of(owner);
        waiting.removeAll(found);
        return found;
    }

    /** Takes a domain that the guest can have. One that another process has destroyed is forgotten and replaced. */
    Optional<PreparedGuest> take(DomainConfig config, MemoryPlan memory) {
        if (isEmpty()) {
            return Optional.empty();
        }
        GuestShell.Shape shape = GuestShell.Shape.of(config, memory, clock, xenctrl);
        while (true) {
            Optional<PreparedGuest> found = remove(shape);
            if (found.isEmpty() || isUsable(found.get())) {
                return found;
            }
            discard(found.get());
            found.get().owner().run();
        }
    }

    private boolean isUsable(PreparedGuest guest) {
        return Undo.onFailure(() -> isAlive(guest), () -> discard(guest));
    }

    private synchronized boolean isEmpty() {
        return waiting.isEmpty();
    }

    private synchronized Optional<PreparedGuest> remove(GuestShell.Shape shape) {
        Optional<PreparedGuest> found =
                waiting.stream().filter(guest -> guest.shape().equals(shape)).findFirst();
        found.ifPresent(waiting::remove);
        return found;
    }

    private boolean isAlive(PreparedGuest guest) {
        return xenctrl.domains()
                .info(guest.shell().domid())
                .filter(info -> !info.dying() && guest.has(info.handle()))
                .isPresent();
    }

    /**
     * Removes prepared domains, if there are any, until the host can hold the guest.
     *
     * @return to be run when the build has its memory; until then no domain is prepared
     */
    Runnable makeRoom(MemoryPlan memory) {
        if (isEmpty() || !isLacking(needed(memory))) {
            return () -> {};
        }
        buildsInNeed.incrementAndGet();
        Runnable met = buildsInNeed::decrementAndGet;
        // A domain that is being prepared is finished first, and removed.
        preparing.lock();
        try {
            Undo.onFailure(() -> discardUntilThereIsRoomFor(memory), met);
        } finally {
            preparing.unlock();
        }
        return met;
    }

    private void discardUntilThereIsRoomFor(MemoryPlan memory) {
        for (Optional<PreparedGuest> next = first();
                next.isPresent();
                next = isLacking(needed(memory)) ? first() : Optional.empty()) {
            PreparedGuest guest = next.get();
            LOG.info("domain {}, which was prepared, makes room", guest.shell().domid());
            discard(guest);
        }
    }

    private synchronized Optional<PreparedGuest> first() {
        return waiting.isEmpty() ? Optional.empty() : Optional.of(waiting.remove(0));
    }

    private static Pages needed(MemoryPlan memory) {
        return memory.claim().plus(Pages.holding(memory.pagingPoolBytes())).plus(OVERHEAD);
    }

    private boolean isLacking(Pages needed) {
        return needed.isMoreThan(Pages.of(Math.max(0, xenctrl.host().physInfo().availablePages())));
    }

    /** Removes a domain that no build has finished. If that fails, its record tells other processes to do it. */
    void discard(PreparedGuest guest) {
        Undo.onFailure(
                () -> {
                    if (isAlive(guest)) {
                        removal.destroy(guest.shell().domid());
                    }
                    guest.note().close();
                },
                guest.note()::giveUp);
    }
}
