// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.balance;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.UUID;

/** A host of the model in virtual time: guests, builders, and a decider that is asked when it wants to be. */
final class ModelHost {
    private static final long BUILD_PAGES_PER_SECOND = 400 * ModelGuest.MIB;
    private static final Duration STEP = Duration.ofMillis(100);
    private static final double SECONDS = 0.1;

    /** The use of the populate-on-demand target when a decider raises the target of a guest. */
    enum Raises {
        BACKED,
        BARE
    }

    /** Looks at every decision and at the host after it. */
    interface Observer {
        Observer NONE = (host, snapshot, decision) -> {};

        void decided(ModelHost host, HostSnapshot snapshot, BalanceDecision decision);
    }

    final ModelFigures figures = new ModelFigures();
    final Map<Integer, ModelGuest> guests = new TreeMap<>();
    final Map<String, MemoryRequest> requests = new LinkedHashMap<>();
    final Map<String, MemoryAnswer> lastAnswers = new TreeMap<>();
    final Random random;

    private final long seed;
    private final MemoryDecider decider;
    private final Raises raises;
    private final Observer observer;
    private final long total;
    private Instant now = Instant.EPOCH;
    private Instant nextLook = Instant.EPOCH;
    private Instant nextMeasure = Instant.EPOCH;
    private int lastDomid;

    ModelHost(long mib, long seed, MemoryDecider decider, Raises raises, Observer observer) {
        this.total = mib * ModelGuest.MIB;
        this.seed = seed;
        this.random = random(seed);
        this.decider = decider;
        this.raises = raises;
        this.observer = observer;
    }

    /** Neighbouring seeds of {@link Random} begin alike, so they are mixed first. */
    static Random random(long seed) {
        return new Random(new SplittableRandom(seed).nextLong());
    }

    Instant now() {
        return now;
    }

    long free() {
        return total - guests.values().stream().mapToLong(guest -> guest.owned).sum();
    }

    private long claimed() {
        return guests.values().stream().mapToLong(guest -> guest.building).sum();
    }

    ModelGuest add(long baseMib, long floorMib, long ceilingMib) {
        ModelGuest guest = newGuest(new UUID(2, lastDomid + 1), baseMib, floorMib, ceilingMib);
        guest.owned = guest.base + guest.extra;
        return guest;
    }

    private ModelGuest newGuest(UUID uuid, long baseMib, long floorMib, long ceilingMib) {
        ModelGuest guest = new ModelGuest(
                ++lastDomid,
                uuid,
                baseMib * ModelGuest.MIB,
                floorMib * ModelGuest.MIB,
                ceilingMib * ModelGuest.MIB,
                random(seed ^ uuid.getMostSignificantBits() << 32 ^ uuid.getLeastSignificantBits()));
        guests.put(guest.domid, guest);
        return guest;
    }

    Optional<ModelGuest> guest(int domid) {
        return Optional.ofNullable(guests.get(domid));
    }

    void destroy(int domid) {
        guests.remove(domid);
    }

    String reserve(long mib, Duration limit) {
        String id = new UUID(1, figures.asked).toString();
        requests.put(
                id, new MemoryRequest(id, mib * ModelGuest.MIB, now, now.plus(limit), MemoryRequest.State.WAITING));
        figures.asked++;
        nextLook = now;
        return id;
    }

    HostSnapshot snapshot() {
        return new HostSnapshot(
                now,
                free() - claimed(),
                0,
                guests.values().stream().map(guest -> guest.look(now)).toList(),
                List.copyOf(requests.values()));
    }

    void run(Duration time) {
        for (Instant end = now.plus(time); now.isBefore(end); now = now.plus(STEP)) {
            if (!now.isBefore(nextMeasure)) {
                guests.values().forEach(ModelGuest::measure);
                nextMeasure = now.plusSeconds(1);
            }
            if (!now.isBefore(nextLook)) {
                look();
            }
            work();
            figures.step(this, SECONDS);
        }
    }

    private void look() {
        HostSnapshot snapshot = snapshot();
        BalanceDecision decision = decider.decide(snapshot);
        decision.targets().forEach(this::apply);
        decision.answers().forEach(this::answered);
        observer.decided(this, snapshot, decision);
        nextLook = now.plus(decision.next());
    }

    private void apply(TargetChange change) {
        ModelGuest guest = guests.get(change.domid());
        long growth = change.toPages() - guest.size;
        figures.moved(guest, growth, now);
        long backed = raises == Raises.BACKED && guest.isBallooning() ? Math.max(0, Math.min(growth, free())) : 0;
        guest.setTarget(change.toPages(), backed);
    }

    private void answered(String id, MemoryAnswer answer) {
        lastAnswers.put(id, answer);
        MemoryRequest request = requests.get(id);
        double seconds = Duration.between(request.asked(), now).toMillis() / 1000.0;
        if (answer instanceof MemoryAnswer.Granted) {
            figures.answered(seconds);
            requests.put(
                    id,
                    new MemoryRequest(
                            id, request.pages(), request.asked(), request.deadline(), MemoryRequest.State.GRANTED));
            long mib = request.pages() / ModelGuest.MIB;
            ModelGuest guest = newGuest(UUID.fromString(id), mib, Math.max(1, mib / 2), mib);
            guest.building = request.pages();
        } else if (answer instanceof MemoryAnswer.Refused) {
            figures.answered(seconds);
            figures.refused++;
            requests.remove(id);
        }
    }

    private void work() {
        for (ModelGuest guest : new ArrayList<>(guests.values())) {
            if (guest.isBuilding()) {
                build(guest);
            } else {
                guest.owned -= guest.work(SECONDS, Math.max(0, free() - claimed()));
            }
        }
    }

    private void build(ModelGuest guest) {
        long step = Math.min(guest.building, (long) (BUILD_PAGES_PER_SECOND * SECONDS));
        if (step > free()) {
            figures.broke++;
            guests.remove(guest.domid);
            requests.remove(guest.uuid.toString());
            return;
        }
        guest.owned += step;
        guest.building -= step;
        if (guest.building == 0) {
            figures.built++;
            guest.used = guest.base * 0.5;
            guest.measure();
            requests.remove(guest.uuid.toString());
        }
    }

    Optional<MemoryAnswer> answer(String id) {
        return Optional.ofNullable(lastAnswers.get(id));
    }
}
