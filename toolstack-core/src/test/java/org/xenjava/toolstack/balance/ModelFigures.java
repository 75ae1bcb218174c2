// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.balance;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The figures of a run of the model. */
final class ModelFigures {
    int asked;
    int built;
    int refused;
    int broke;
    long leastFree = Long.MAX_VALUE;
    final List<Double> answers = new ArrayList<>();

    private static final class Turns {
        private long direction;
        private int count;
    }

    private final Map<Integer, Turns> turns = new HashMap<>();
    private long movedPages;
    private double seconds;
    private double guestSeconds;
    private double distress;
    private double unfairness;
    private long belowFloor;
    private long debt;

    void answered(double after) {
        answers.add(after);
    }

    void moved(ModelGuest guest, long growth, Instant now) {
        movedPages += Math.abs(growth);
        Turns known = turns.computeIfAbsent(guest.domid, key -> new Turns());
        if (known.direction != 0 && Long.signum(growth) != known.direction) {
            known.count++;
        }
        known.direction = Long.signum(growth);
    }

    void step(ModelHost host, double time) {
        seconds += time;
        leastFree = Math.min(leastFree, host.free());
        List<ModelGuest> running = host.guests.values().stream()
                .filter(guest -> !guest.isBuilding())
                .toList();
        guestSeconds += time * running.size();
        debt = running.stream().mapToLong(ModelGuest::debt).sum();
        for (ModelGuest guest : running) {
            distress += time * Math.max(0, guest.demand() - (guest.owned - guest.extra));
        }
        belowFloor = Math.max(
                belowFloor,
                running.stream().filter(guest -> guest.size < guest.floor).count());
        // Often enough for a mean.
        if (host.now().getNano() == 0) {
            unfairness += distance(host, running);
        }
    }

    /** Mean distance to the max-min shares by true demand, as a part of the share. */
    private static double distance(ModelHost host, List<ModelGuest> guests) {
        if (guests.isEmpty()) {
            return 0;
        }
        long total =
                guests.stream().mapToLong(guest -> guest.owned - guest.extra).sum() + host.free() - 64 * 256;
        List<ShareRule.Bounds> bounds = guests.stream()
                .map(guest -> new ShareRule.Bounds(guest.floor, guest.ceiling, guest.base, guest.demand()))
                .toList();
        long[] fair = new DemandShares().shares(total, bounds);
        double sum = 0;
        for (int i = 0; i < fair.length; i++) {
            ModelGuest guest = guests.get(i);
            sum += Math.min(1, Math.abs(guest.owned - guest.extra - fair[i]) / (double) fair[i]);
        }
        return sum / fair.length;
    }

    double meanAnswer() {
        return answers.stream().mapToDouble(Double::doubleValue).average().orElse(0);
    }

    double worstAnswer() {
        return answers.stream().mapToDouble(Double::doubleValue).max().orElse(0);
    }

    double gibPerMinute() {
        return movedPages / 262_144.0 / (seconds / 60);
    }

    double turnsPerGuestAndMinute() {
        return turns.values().stream().mapToInt(known -> known.count).sum() / Math.max(1, guestSeconds / 60);
    }

    double unfairness() {
        return unfairness / seconds;
    }

    double distressGibSeconds() {
        return distress / 262_144;
    }

    long guestsBelowFloor() {
        return belowFloor;
    }

    double leastFreeMib() {
        return leastFree / 256.0;
    }

    double debtMib() {
        return debt / 256.0;
    }
}
