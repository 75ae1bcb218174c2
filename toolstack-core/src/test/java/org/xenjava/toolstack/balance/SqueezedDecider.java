// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.balance;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * The rules of XenServer's squeezed (xapi-project/xen-api, ocaml/squeezed at e2ee48d6), as a baseline: one factor for all
 * guests between their minimum and their maximum, nothing from inside the guest, one task at a time, drivers that make no
 * progress for more than 5 s do not count for the task. A task, which is a request or a balance, ends when every active
 * guest has reached its target and no target changes.
 */
final class SqueezedDecider implements MemoryDecider {
    /** Xen's emergency pool and 8 MiB. */
    private static final long RESERVE = 72 * ModelGuest.MIB;

    private static final long INACCURACY = 1;
    private static final Duration STUCK = Duration.ofSeconds(5);
    private static final Duration BETWEEN_BALANCES = Duration.ofSeconds(10);
    private static final Duration LOOK = Duration.ofSeconds(1);

    private final Map<UUID, Long> offsets = new HashMap<>();
    private final Map<UUID, Long> firstDebts = new HashMap<>();
    private Optional<Task> task = Optional.empty();
    private Instant nextBalance = Instant.EPOCH.plus(BETWEEN_BALANCES);

    /** The movements of the drivers since the beginning of a task. */
    private static final class Task {
        final String request;
        final Map<UUID, Long> lastActual = new HashMap<>();
        final Map<UUID, Instant> lastProgress = new HashMap<>();
        final Set<UUID> stuck = new HashSet<>();

        Task(String request) {
            this.request = request;
        }
    }

    private record Plan(List<TargetChange> targets, boolean done) {}

    @Override
    public BalanceDecision decide(HostSnapshot snapshot) {
        List<MemoryRequest> waiting = snapshot.requests().stream()
                .filter(request -> request.state() == MemoryRequest.State.WAITING)
                .toList();
        Map<String, MemoryAnswer> answers = new HashMap<>();
        waiting.forEach(request -> answers.put(request.id(), new MemoryAnswer.Promised(Duration.ZERO, List.of())));
        List<GuestSnapshot> guests =
                snapshot.guests().stream().filter(this::hasBooted).toList();
        if (task.isEmpty() && !waiting.isEmpty()) {
            task = Optional.of(new Task(waiting.get(0).id()));
        } else if (task.isEmpty() && !snapshot.time().isBefore(nextBalance)) {
            task = Optional.of(new Task(""));
        }
        List<TargetChange> targets =
                task.map(now -> work(now, guests, snapshot, answers)).orElse(List.of());
        return new BalanceDecision(targets, answers, List.of(), List.of(), LOOK);
    }

    private List<TargetChange> work(
            Task now, List<GuestSnapshot> guests, HostSnapshot snapshot, Map<String, MemoryAnswer> answers) {
        long free = snapshot.freePages() + snapshot.scrubPages();
        Optional<MemoryRequest> request = snapshot.requests().stream()
                .filter(each -> each.id().equals(now.request))
                .findFirst();
        long wanted = RESERVE + request.map(MemoryRequest::pages).orElse(0L);
        boolean begins = now.lastProgress.isEmpty();
        boolean rests = guests.stream().allMatch(guest -> isThere(guest, guest.sizePages()));
        if (begins && request.isPresent() && wanted <= free && rests) {
            answers.put(now.request, new MemoryAnswer.Granted());
            task = Optional.empty();
            return List.of();
        }
        Plan plan = plan(active(now, guests, snapshot.time()), free - wanted);
        if (!plan.done()) {
            return plan.targets();
        }
        if (request.isPresent()) {
            answers.put(
                    now.request,
                    free >= wanted
                            ? new MemoryAnswer.Granted()
                            : new MemoryAnswer.Refused("no guest that moves can give more"));
        }
        nextBalance = snapshot.time().plus(BETWEEN_BALANCES);
        task = Optional.empty();
        return List.of();
    }

    /** A guest takes part when it has announced its driver: here, when the driver has begun to work. */
    private boolean hasBooted(GuestSnapshot guest) {
        if (guest.phase() == GuestSnapshot.Phase.BUILDING) {
            return false;
        }
        long first = firstDebts.computeIfAbsent(guest.uuid(), key -> guest.debtPages());
        boolean booted = offsets.containsKey(guest.uuid()) || first <= 0 || guest.debtPages() < first;
        if (booted) {
            offsets.putIfAbsent(guest.uuid(), guest.ownedPages() - guest.sizePages());
        }
        return booted;
    }

    private long actual(GuestSnapshot guest) {
        return guest.ownedPages() - offsets.getOrDefault(guest.uuid(), 0L);
    }

    private boolean isThere(GuestSnapshot guest, long target) {
        return Math.abs(actual(guest) - target) <= INACCURACY;
    }

    private List<GuestSnapshot> active(Task now, List<GuestSnapshot> guests, Instant time) {
        for (GuestSnapshot guest : guests) {
            long actual = actual(guest);
            now.lastProgress.putIfAbsent(guest.uuid(), time);
            Long before = now.lastActual.put(guest.uuid(), actual);
            long moved = before == null ? 0 : actual - before;
            boolean away = !isThere(guest, guest.sizePages());
            if (away && (guest.sizePages() > actual ? moved > 0 : moved < 0)) {
                now.lastProgress.put(guest.uuid(), time);
                now.stuck.remove(guest.uuid());
            }
            Instant progress = now.lastProgress.getOrDefault(guest.uuid(), time);
            if (away && Duration.between(progress, time).compareTo(STUCK) > 0) {
                now.stuck.add(guest.uuid());
            }
        }
        return guests.stream()
                .filter(guest -> !now.stuck.contains(guest.uuid()))
                .toList();
    }

    private Plan plan(List<GuestSnapshot> active, long surplus) {
        long freeable = active.stream()
                .mapToLong(guest -> Math.max(0, actual(guest) - guest.floorPages() - 2 * INACCURACY))
                .sum();
        long range = active.stream()
                .mapToLong(guest -> Math.max(0, guest.ceilingPages() - guest.floorPages()))
                .sum();
        double gamma = range == 0 ? 0 : Math.min(1, (double) Math.max(0, surplus + freeable) / range);
        List<TargetChange> freeing = new ArrayList<>();
        List<TargetChange> allocating = new ArrayList<>();
        for (GuestSnapshot guest : active) {
            long target = guest.floorPages() + (long) (gamma * (guest.ceilingPages() - guest.floorPages()));
            boolean frees = !isThere(guest, target) && target < actual(guest);
            (frees ? freeing : allocating).add(new TargetChange(guest.domid(), guest.sizePages(), target));
        }
        List<TargetChange> targets = (freeing.isEmpty() ? allocating : freeing)
                .stream()
                        .filter(change -> change.fromPages() != change.toPages())
                        .toList();
        boolean reached = active.stream().allMatch(guest -> isThere(guest, guest.sizePages()));
        return new Plan(targets, reached && targets.isEmpty());
    }
}
