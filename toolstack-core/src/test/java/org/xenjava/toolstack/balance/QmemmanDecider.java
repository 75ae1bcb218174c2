// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.balance;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The rules of Qubes OS' qmemman (QubesOS/qubes-core-admin, qubes/qmemman at 1ad5f9b8), as a baseline: 1.3 times what a
 * guest reports is preferred, guests without a report take no part, one request at a time until its guest runs, drivers
 * that do not move within one step are no donors, and a request that gains less than 300 MiB in 3 s fails.
 */
final class QmemmanDecider implements MemoryDecider {
    private static final double PREFERRED = 1.3;
    private static final long LEAST_PREFERRED = 200 * ModelGuest.MIB;

    /** Of the memory of a host, Xen's structures take a part. */
    private static final double USABLE = 1 / 1.00781;

    private static final long LEFT_FREE = 50 * ModelGuest.MIB;
    private static final long LEAST_FREE = 25 * ModelGuest.MIB;
    private static final long SMALL_SURPLUS = 10 * ModelGuest.MIB;
    private static final long SIGNIFICANT_TOTAL = 150 * ModelGuest.MIB;
    private static final long SIGNIFICANT_NEED = 15 * ModelGuest.MIB;
    private static final long LEAST_GAIN = 300 * ModelGuest.MIB;
    private static final int GAIN_STEPS = 30;
    private static final int TRIES = 5;
    private static final Duration STEP = Duration.ofMillis(100);
    private static final double MARGIN = 1.05;
    private static final double ROUNDING = 0.999;

    private final Map<Integer, Long> lastTargets = new HashMap<>();
    private final Set<Integer> withoutProgress = new HashSet<>();
    private final Map<Integer, Long> askedAt = new HashMap<>();
    private final Deque<Long> freeBefore = new ArrayDeque<>();
    private final Deque<Goal> goals = new ArrayDeque<>();
    private String current = "";
    private int tries;
    private Instant nextBalance = Instant.EPOCH;

    private record Goal(int domid, long pages) {}

    @Override
    public BalanceDecision decide(HostSnapshot snapshot) {
        List<GuestSnapshot> known = snapshot.guests().stream()
                .filter(guest -> guest.phase() != GuestSnapshot.Phase.BUILDING)
                .toList();
        known.forEach(guest -> lastTargets.putIfAbsent(guest.domid(), guest.sizePages()));
        List<GuestSnapshot> guests =
                known.stream().filter(guest -> guest.report().isPresent()).toList();
        Map<String, MemoryAnswer> answers = new HashMap<>();
        List<MemoryRequest> waiting = snapshot.requests().stream()
                .filter(request -> request.state() == MemoryRequest.State.WAITING)
                .toList();
        waiting.forEach(request -> answers.put(request.id(), new MemoryAnswer.Promised(Duration.ZERO, List.of())));
        boolean locked =
                snapshot.requests().stream().anyMatch(request -> request.state() == MemoryRequest.State.GRANTED);
        long unused = known.stream()
                .mapToLong(guest -> Math.max(0, lastTargets.get(guest.domid()) - guest.ownedPages()))
                .sum();
        long free = (long) (snapshot.freePages() * USABLE) - unused;
        Map<Integer, Long> targets = new HashMap<>();
        if (!goals.isEmpty()) {
            follow(guests, free, targets);
        } else if (!locked && !waiting.isEmpty()) {
            serve(waiting.get(0), guests, free, answers, targets);
        } else if (!locked && !snapshot.time().isBefore(nextBalance)) {
            balance(guests, free);
            follow(guests, free, targets);
            nextBalance = snapshot.time().plusSeconds(1);
        }
        return new BalanceDecision(changes(guests, targets), answers, List.of(), List.of(), STEP);
    }

    private List<TargetChange> changes(List<GuestSnapshot> guests, Map<Integer, Long> targets) {
        lastTargets.putAll(targets);
        return guests.stream()
                .filter(guest -> targets.getOrDefault(guest.domid(), guest.sizePages()) != guest.sizePages())
                .map(guest -> new TargetChange(guest.domid(), guest.sizePages(), targets.get(guest.domid())))
                .toList();
    }

    private static long preferred(GuestSnapshot guest) {
        long used = guest.report().orElseThrow().usedPages();
        return Math.max(LEAST_PREFERRED, Math.min(guest.ceilingPages(), (long) (PREFERRED * used)));
    }

    /** What the guest uses or may take. */
    private long actual(GuestSnapshot guest) {
        return Math.max(guest.ownedPages(), lastTargets.getOrDefault(guest.domid(), 0L));
    }

    private long needed(GuestSnapshot guest) {
        return preferred(guest) - actual(guest);
    }

    private void serve(
            MemoryRequest request,
            List<GuestSnapshot> guests,
            long free,
            Map<String, MemoryAnswer> answers,
            Map<Integer, Long> targets) {
        if (!request.id().equals(current)) {
            current = request.id();
            withoutProgress.clear();
            askedAt.clear();
            freeBefore.clear();
        }
        if (free >= request.pages() + LEAST_FREE) {
            answers.put(request.id(), new MemoryAnswer.Granted());
            current = "";
            return;
        }
        boolean slow = freeBefore.size() >= GAIN_STEPS && free < freeBefore.removeFirst() + LEAST_GAIN;
        freeBefore.addLast(free);
        for (GuestSnapshot guest : guests) {
            if (askedAt.getOrDefault(guest.domid(), -1L) == actual(guest)) {
                withoutProgress.add(guest.domid());
            }
        }
        askedAt.clear();
        List<GuestSnapshot> donors =
                taking(guests).stream().filter(guest -> needed(guest) < 0).toList();
        long lacking = request.pages() + LEFT_FREE - free;
        long surplus = -donors.stream().mapToLong(this::needed).sum();
        if (slow || surplus < lacking) {
            answers.put(request.id(), new MemoryAnswer.Refused(slow ? "drivers are too slow" : "guests keep theirs"));
            current = "";
            return;
        }
        for (GuestSnapshot guest : donors) {
            askedAt.put(guest.domid(), actual(guest));
            targets.put(guest.domid(), (long) (actual(guest) + needed(guest) * ((double) lacking / surplus) * MARGIN));
        }
    }

    private List<GuestSnapshot> taking(List<GuestSnapshot> guests) {
        return guests.stream()
                .filter(guest -> !withoutProgress.contains(guest.domid()))
                .toList();
    }

    private void balance(List<GuestSnapshot> guests, long free) {
        guests.stream()
                .filter(guest -> actual(guest) <= lastTargets.get(guest.domid()) + LEFT_FREE / 2 || needed(guest) > 0)
                .forEach(guest -> withoutProgress.remove(guest.domid()));
        List<GuestSnapshot> parties = taking(guests);
        long available =
                free - LEFT_FREE - parties.stream().mapToLong(this::needed).sum();
        List<Goal> wanted = available > 0 ? enough(parties, available) : scarce(parties, free - LEFT_FREE);
        if (isSignificant(guests, wanted, free)) {
            goals.addAll(wanted);
            tries = TRIES;
            askedAt.clear();
            guests.forEach(guest -> askedAt.put(guest.domid(), actual(guest)));
        }
    }

    private boolean isSignificant(List<GuestSnapshot> guests, List<Goal> wanted, long free) {
        if (LEFT_FREE - free > SIGNIFICANT_NEED) {
            return true;
        }
        long total = Math.abs(free - LEFT_FREE);
        for (Goal goal : wanted) {
            GuestSnapshot guest = find(guests, goal.domid());
            long last = lastTargets.get(goal.domid());
            if (last < preferred(guest) && goal.pages() - last > SIGNIFICANT_NEED) {
                return true;
            }
            total += Math.abs(goal.pages() - last);
        }
        return total > SIGNIFICANT_TOTAL;
    }

    private static GuestSnapshot find(List<GuestSnapshot> guests, int domid) {
        return guests.stream()
                .filter(guest -> guest.domid() == domid)
                .findFirst()
                .orElseThrow();
    }

    private List<Goal> enough(List<GuestSnapshot> guests, long available) {
        long preferred = guests.stream().mapToLong(QmemmanDecider::preferred).sum();
        Map<Integer, Long> sizes = new HashMap<>();
        long left = 0;
        long takers = 0;
        for (GuestSnapshot guest : guests) {
            double scale = (double) preferred(guest) / preferred;
            long size = (long) (ROUNDING * (preferred(guest) + scale * available));
            left += Math.max(0, size - guest.ceilingPages());
            takers += size > guest.ceilingPages() ? 0 : 1;
            sizes.put(guest.domid(), Math.min(size, guest.ceilingPages()));
        }
        while (left > 0 && takers > 0) {
            long more = (long) (ROUNDING * left / takers);
            left = 0;
            for (GuestSnapshot guest : guests) {
                long size = sizes.get(guest.domid());
                if (size < guest.ceilingPages()) {
                    left += Math.max(0, size + more - guest.ceilingPages());
                    takers -= size + more >= guest.ceilingPages() ? 1 : 0;
                    sizes.put(guest.domid(), Math.min(size + more, guest.ceilingPages()));
                }
            }
        }
        List<Goal> donors = new ArrayList<>();
        List<Goal> acceptors = new ArrayList<>();
        for (GuestSnapshot guest : guests) {
            long size = sizes.get(guest.domid());
            (size < actual(guest) ? donors : acceptors).add(new Goal(guest.domid(), size));
        }
        donors.addAll(acceptors);
        return donors;
    }

    /** Those above what they prefer give it up; what is free beyond that goes to the others. */
    private List<Goal> scarce(List<GuestSnapshot> guests, long free) {
        List<Goal> wanted = new ArrayList<>();
        long squeezed = free;
        for (GuestSnapshot guest : guests) {
            if (isDonor(guest) && -needed(guest) >= SMALL_SURPLUS) {
                squeezed += needed(guest);
                wanted.add(new Goal(guest.domid(), preferred(guest)));
            }
        }
        if (squeezed < 0) {
            return wanted;
        }
        List<GuestSnapshot> acceptors =
                guests.stream().filter(guest -> !isDonor(guest)).toList();
        long preferred = acceptors.stream().mapToLong(QmemmanDecider::preferred).sum();
        for (GuestSnapshot guest : acceptors) {
            double size = actual(guest) + (double) preferred(guest) / preferred * squeezed;
            wanted.add(new Goal(guest.domid(), Math.min((long) (ROUNDING * size), guest.ceilingPages())));
        }
        return wanted;
    }

    private boolean isDonor(GuestSnapshot guest) {
        return needed(guest) < 0 || actual(guest) >= guest.ceilingPages();
    }

    /** Sets one goal after another; a goal for which the memory is not free yet is waited for, five steps long. */
    private void follow(List<GuestSnapshot> guests, long free, Map<Integer, Long> targets) {
        long left = free;
        while (!goals.isEmpty()) {
            Goal goal = goals.getFirst();
            if (guests.stream().noneMatch(guest -> guest.domid() == goal.domid())) {
                goals.removeFirst();
                continue;
            }
            GuestSnapshot guest = find(guests, goal.domid());
            long growth = goal.pages() - actual(guest);
            if (left - growth < 0.9 * LEFT_FREE) {
                tries--;
                if (tries <= 0) {
                    giveUp(guests);
                    targets.put(goal.domid(), left + actual(guest) - LEFT_FREE);
                    goals.clear();
                }
                return;
            }
            left -= Math.max(0, goal.pages() - guest.ownedPages())
                    - Math.max(0, lastTargets.get(goal.domid()) - guest.ownedPages());
            targets.put(goal.domid(), goal.pages());
            lastTargets.put(goal.domid(), goal.pages());
            goals.removeFirst();
            tries = TRIES;
        }
    }

    /** Guests that hold clearly more than they were told, and have not moved, do not count until they have. */
    private void giveUp(List<GuestSnapshot> guests) {
        guests.stream()
                .filter(guest -> actual(guest) > lastTargets.get(guest.domid()) + LEFT_FREE / 4)
                .filter(guest -> askedAt.getOrDefault(guest.domid(), -1L) == actual(guest))
                .map(GuestSnapshot::domid)
                .forEach(withoutProgress::add);
    }
}
