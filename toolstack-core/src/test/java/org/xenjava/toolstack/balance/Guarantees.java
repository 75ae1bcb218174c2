// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.balance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Checks G1 to G4 and G7 of docs/balance.md after every decision. */
final class Guarantees implements ModelHost.Observer {
    private static final long RESERVE = 64 * ModelGuest.MIB;
    private static final long DEBT_RESERVE = 1024 * ModelGuest.MIB;
    private static final Duration PATIENCE = Duration.ofSeconds(6);

    private final Map<Integer, Instant> stuckSince = new HashMap<>();
    private final Map<Integer, Still> still = new HashMap<>();
    int decisions;

    /** A guest that owns the same since some time. */
    private record Still(long owned, long size, Instant since) {}

    @Override
    public void decided(ModelHost host, HostSnapshot snapshot, BalanceDecision decision) {
        decisions++;
        watch(host, snapshot.time());
        Map<Integer, GuestSnapshot> guests = new HashMap<>();
        snapshot.guests().forEach(guest -> guests.put(guest.domid(), guest));
        boolean grows = false;
        for (TargetChange change : decision.targets()) {
            GuestSnapshot guest = guests.get(change.domid());
            assertEquals(
                    GuestSnapshot.Phase.RUNNING, guest.phase(), () -> "G3: a guest with entries is resized: " + change);
            assertTrue(guest.debtPages() <= 0, () -> "G3: " + change);
            if (change.shrinks()) {
                assertTrue(change.toPages() >= guest.floorPages(), () -> "G1: " + change + " of " + guest);
                assertFalse(grows, () -> "a guest shrinks after another grows: " + decision.targets());
            }
            grows |= !change.shrinks();
        }
        if (grows) {
            checkReserve(host, snapshot, decision);
        }
        snapshot.requests().stream()
                .filter(request -> request.state() == MemoryRequest.State.WAITING)
                .forEach(request -> checkAnswer(request, snapshot, decision));
        checkStuck(host, snapshot, decision);
    }

    private void watch(ModelHost host, Instant now) {
        for (ModelGuest guest : host.guests.values()) {
            Still known = still.get(guest.domid);
            if (known == null || known.owned() != guest.owned || known.size() < guest.size) {
                still.put(guest.domid, new Still(guest.owned, guest.size, now));
            } else {
                still.put(guest.domid, new Still(guest.owned, guest.size, known.since()));
            }
        }
    }

    /** A guest that has not taken its memory for a minute is not waited for. */
    private boolean isExpected(ModelGuest guest, Instant now) {
        Still known = still.get(guest.domid);
        return known == null || Duration.between(known.since(), now).compareTo(Duration.ofSeconds(59)) < 0;
    }

    /** What may come of the growth, now and of earlier decisions, leaves the reserve. */
    private void checkReserve(ModelHost host, HostSnapshot snapshot, BalanceDecision decision) {
        long growth = host.guests.values().stream()
                .filter(guest -> !guest.isBuilding() && isExpected(guest, snapshot.time()))
                .mapToLong(guest -> Math.max(0, guest.size - (guest.owned - guest.extra)))
                .sum();
        long built = decision.answers().values().stream()
                        .filter(MemoryAnswer.Granted.class::isInstance)
                        .count()
                * ModelGuest.MIB;
        assertTrue(
                snapshot.freePages() - growth + built >= RESERVE + coverable(snapshot) - ModelGuest.MIB,
                () -> "G2: " + snapshot.freePages() + " free, " + growth + " to grow: " + decision.targets());
    }

    private static long coverable(HostSnapshot snapshot) {
        long debts =
                snapshot.guests().stream().mapToLong(GuestSnapshot::debtPages).sum();
        return Math.min(DEBT_RESERVE, debts);
    }

    /** What donors can give, and what is free, without what other domains were told to take and other requests ask. */
    private static long surelyPossible(MemoryRequest request, HostSnapshot snapshot, BalanceDecision decision) {
        Set<Integer> donors = decision.shares().stream().map(GuestShare::domid).collect(Collectors.toSet());
        long possible = snapshot.freePages() - RESERVE - coverable(snapshot);
        for (GuestSnapshot guest : snapshot.guests()) {
            long own = guest.ownedPages() - DriverTrack.TOLERANCE;
            possible += donors.contains(guest.domid())
                    ? Math.max(0, own - guest.floorPages())
                    : -Math.max(0, guest.sizePages() - own);
        }
        return possible
                - snapshot.requests().stream()
                        .filter(other -> !other.id().equals(request.id()))
                        .mapToLong(MemoryRequest::pages)
                        .sum();
    }

    private static void checkAnswer(MemoryRequest request, HostSnapshot snapshot, BalanceDecision decision) {
        MemoryAnswer answer = decision.answers().get(request.id());
        assertTrue(answer != null, () -> "G4: no answer to " + request);
        if (!snapshot.time().isBefore(request.deadline())) {
            assertFalse(answer instanceof MemoryAnswer.Promised, () -> "G4: still promised: " + request);
        }
        long possible = snapshot.freePages()
                + snapshot.guests().stream()
                        .filter(guest -> guest.phase() == GuestSnapshot.Phase.RUNNING)
                        .mapToLong(guest -> Math.max(0, guest.ownedPages() - guest.floorPages()))
                        .sum();
        if (request.pages() > possible) {
            assertTrue(answer instanceof MemoryAnswer.Refused, () -> "G4: impossible and not refused: " + request);
        }
        if (snapshot.time().isBefore(request.deadline())
                && request.pages() <= surelyPossible(request, snapshot, decision)) {
            assertFalse(answer instanceof MemoryAnswer.Refused, () -> "G4: possible and refused: " + answer);
        }
    }

    private void checkStuck(ModelHost host, HostSnapshot snapshot, BalanceDecision decision) {
        for (ModelGuest guest : host.guests.values()) {
            boolean told = guest.stuck
                    && !guest.isBuilding()
                    && !guest.isBallooning()
                    && guest.owned - guest.size > 2 * DriverTrack.TOLERANCE;
            if (!told) {
                stuckSince.remove(guest.domid);
                continue;
            }
            Instant since = stuckSince.computeIfAbsent(guest.domid, key -> snapshot.time());
            if (Duration.between(since, snapshot.time()).compareTo(PATIENCE) >= 0) {
                assertTrue(
                        decision.findings().stream()
                                .anyMatch(finding ->
                                        finding.domid() == guest.domid && finding.kind() == BalanceFinding.Kind.STUCK),
                        () -> "G7: no finding about " + guest.domid);
                assertFalse(
                        decision.answers().values().stream()
                                .anyMatch(answer -> answer instanceof MemoryAnswer.Promised promised
                                        && promised.donors().stream().anyMatch(donor -> donor.domid() == guest.domid)),
                        () -> "G7: a promise counts on " + guest.domid);
            }
        }
    }
}
