// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.balance;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The balancer's policy. The class remembers the demand and the movements of each guest between two looks, and nothing
 * else. Not safe for concurrent use.
 */
public final class FairDecider implements MemoryDecider {
    private static final Duration WHILE_LACKING = Duration.ofMillis(250);

    private final BalancePolicy policy;
    private final ShareRule rule;
    private final Map<GuestSnapshot.Incarnation, Tracks> tracks = new HashMap<>();

    /** The domains that had the id of a request as their UUID when the request was first seen: older runs of its guest. */
    private final Map<Asked, Set<Integer>> older = new HashMap<>();

    private record Asked(String id, Instant at) {
        static Asked of(MemoryRequest request) {
            return new Asked(request.id(), request.asked());
        }
    }

    private record Tracks(DemandTrack demand, DriverTrack driver) {}

    /**
     * Creates a policy that has seen nothing yet.
     *
     * @param policy the settings
     */
    public FairDecider(BalancePolicy policy) {
        this.policy = policy;
        this.rule = ShareRule.of(policy.rule());
    }

    @Override
    public BalanceDecision decide(HostSnapshot snapshot) {
        Instant now = snapshot.time();
        tracks.keySet()
                .retainAll(snapshot.guests().stream()
                        .map(GuestSnapshot::incarnation)
                        .collect(Collectors.toSet()));
        List<Donor> donors = new ArrayList<>();
        List<BalanceFinding> findings = new ArrayList<>();
        for (GuestSnapshot guest : snapshot.guests()) {
            look(guest, now, donors, findings);
        }
        long promised = snapshot.guests().stream()
                .mapToLong(guest -> driver(guest).expectedGrowth(now))
                .sum();
        long free = snapshot.freePages() - promised - booked(snapshot) - reserve(snapshot);
        long soon = free + snapshot.scrubPages();
        long spare = donors.stream()
                .mapToLong(donor -> donor.aboveFloor() + donor.cancellable())
                .sum();
        RequestRound round = new RequestRound(snapshot.requests(), free, soon + spare, hindrance(findings), now);
        long granted = free - round.free();
        return decide(donors, findings, round, soon - granted);
    }

    private void look(GuestSnapshot guest, Instant now, List<Donor> donors, List<BalanceFinding> findings) {
        Tracks track =
                tracks.computeIfAbsent(guest.incarnation(), key -> new Tracks(new DemandTrack(), new DriverTrack()));
        DriverTrack driver = track.driver();
        driver.look(guest, now);
        long demand = track.demand().look(guest, driver.actual(), now);
        if (guest.debtPages() > 0) {
            findings.add(
                    new BalanceFinding(guest.domid(), guest.name(), BalanceFinding.Kind.DEBT, guest.debtPages(), 0));
        }
        if (guest.phase() != GuestSnapshot.Phase.RUNNING) {
            return;
        }
        long held = driver.isDistrusted() ? driver.actual() : 0;
        if (driver.isDistrusted()) {
            findings.add(new BalanceFinding(
                    guest.domid(),
                    guest.name(),
                    BalanceFinding.Kind.STUCK,
                    Math.max(0, guest.ownedPages() - guest.floorPages()),
                    driver.stillFor(now).toSeconds()));
        }
        if (driver.isSettled() || driver.isDistrusted()) {
            donors.add(new Donor(
                    guest, held, driver.actual(), demand, driver.pagesPerSecond(), driver.expectedGrowth(now)));
        }
    }

    private DriverTrack driver(GuestSnapshot guest) {
        return Objects.requireNonNull(tracks.get(guest.incarnation())).driver();
    }

    /** What is kept for granted requests and is not in use yet by the domains that they are for. */
    private long booked(HostSnapshot snapshot) {
        older.keySet().retainAll(snapshot.requests().stream().map(Asked::of).collect(Collectors.toSet()));
        long booked = 0;
        for (MemoryRequest request : snapshot.requests()) {
            List<GuestSnapshot> runs = snapshot.guests().stream()
                    .filter(guest -> guest.uuid().toString().equals(request.id()))
                    .toList();
            Set<Integer> before = older.computeIfAbsent(
                    Asked.of(request),
                    key -> runs.stream().map(GuestSnapshot::domid).collect(Collectors.toSet()));
            if (request.state() == MemoryRequest.State.GRANTED) {
                long used = runs.stream()
                        .filter(guest -> !before.contains(guest.domid()))
                        .mapToLong(GuestSnapshot::ownedPages)
                        .sum();
                booked += Math.max(0, request.pages() - used);
            }
        }
        return booked;
    }

    private long reserve(HostSnapshot snapshot) {
        long debts = snapshot.guests().stream()
                .mapToLong(guest -> Math.max(0, guest.debtPages()))
                .sum();
        return policy.reserve().toPages().count()
                + Math.min(debts, policy.debtReserve().toPages().count());
    }

    /** The stuck driver that keeps most. */
    private static String hindrance(List<BalanceFinding> findings) {
        return findings.stream()
                .filter(finding -> finding.kind() == BalanceFinding.Kind.STUCK && finding.pages() > 0)
                .max(java.util.Comparator.comparingLong(BalanceFinding::pages))
                .map(finding -> "; '" + finding.name() + "' holds " + Sizes.mib(finding.pages())
                        + " above its floor, but its balloon driver has not moved for " + finding.seconds() + " s")
                .orElse("");
    }

    private BalanceDecision decide(List<Donor> settled, List<BalanceFinding> findings, RequestRound round, long soon) {
        long lacking = round.needed() - soon;
        boolean isShort = round.isWaiting() ? lacking > 0 : lacking > DriverTrack.TOLERANCE;
        long[] asIfTrusted = shares(settled, soon - round.needed());
        List<Donor> donors = IntStream.range(0, asIfTrusted.length)
                .filter(i -> !SharePlan.isHeld(settled.get(i), asIfTrusted[i]))
                .mapToObj(settled::get)
                .toList();
        long[] fair = shares(donors, soon - round.needed());
        List<TargetChange> targets = isShort
                ? DonorPlan.of(donors, lacking, fair, WHILE_LACKING).targets()
                : round.isWaiting() ? List.of() : SharePlan.targets(donors, fair, round.free());
        List<GuestShare> shares = new ArrayList<>();
        for (int i = 0; i < fair.length; i++) {
            Donor donor = donors.get(i);
            if (donor.held() == 0) {
                shares.add(new GuestShare(donor.guest().domid(), donor.demand(), fair[i]));
            }
        }
        return new BalanceDecision(
                targets,
                round.answers(sum -> DonorPlan.promise(donors, sum - soon, fair)),
                findings,
                shares,
                isShort || round.isWaiting() ? WHILE_LACKING : policy.interval());
    }

    /** Divides what the guests own, and what is free beside. */
    private long[] shares(List<Donor> guests, long free) {
        long owned = guests.stream()
                .mapToLong(guest -> guest.actual() + guest.expectedGrowth())
                .sum();
        return rule.shares(owned + free, guests.stream().map(Donor::bounds).toList());
    }
}
