// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.pod;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The state machine of one domain: what a reading means, what is to be done, when to look again. It touches neither
 * Xen nor xenstore, and time is an argument.
 */
final class GuardStateMachine {
    static final Duration FIRST_INTERVAL = Duration.ofSeconds(1);

    /** A fall of the debt that only a balloon driver makes: mapping Xen's shared pages over RAM takes a few. */
    private static final long BEGUN_PAGES = 256;

    private static final Duration MOST_WAITING = Duration.ofSeconds(15);
    private static final Duration MOST_SHORT = Duration.ofMinutes(1);
    private static final Duration MOST_SETTLED = Duration.ofMinutes(5);

    private final GuardPolicy policy;
    private final List<Transition> transitions = new ArrayList<>();
    private GuardState state = GuardState.BOOTING;
    private boolean inDebt;
    private long firstDebt;
    private long lowestDebt;
    private Instant since;
    private Instant due;
    private Duration interval = FIRST_INTERVAL;

    /** A change of state, with what there is to say about it. */
    record Transition(GuardState from, GuardState to, String why) {}

    GuardStateMachine(GuardPolicy policy, Instant now) {
        this.policy = policy;
        this.since = now;
        this.due = now;
    }

    GuardState state() {
        return state;
    }

    /** When to look again. */
    Instant due() {
        return due;
    }

    /** Something has happened to it: look soon. */
    void wake(Instant now) {
        interval = FIRST_INTERVAL;
        due = now;
    }

    /** The changes of state since the last call. */
    List<Transition> takeTransitions() {
        List<Transition> taken = List.copyOf(transitions);
        transitions.clear();
        return taken;
    }

    /** It was looked at. */
    Optional<GuardAction> look(GuardReading reading, Instant now) {
        Optional<GuardAction> action = decide(reading, now);
        lookAgain(now);
        return action;
    }

    /** It could not be looked at. */
    void lookFailed(Instant now) {
        lookAgain(now);
    }

    void gone() {
        enter(GuardState.GONE, "");
    }

    private Optional<GuardAction> decide(GuardReading reading, Instant now) {
        if (!reading.running()) {
            // It cannot balloon, and it cannot touch memory either.
            since = now;
            return Optional.empty();
        }
        return reading.debt() > 0 ? decideInDebt(reading, now) : decideWithoutDebt(reading);
    }

    private Optional<GuardAction> decideWithoutDebt(GuardReading reading) {
        inDebt = false;
        enter(reading.coveredPages() > 0 ? GuardState.COVERED : GuardState.SETTLED, "");
        if (policy.mode() == GuardMode.OBSERVE) {
            return Optional.empty();
        }
        if (reading.notes().nudge().isPresent()) {
            return Optional.of(reading.nudgeOverruled() ? GuardAction.FORGET_NUDGE : GuardAction.RESTORE_INTENT);
        }
        return reading.coverOver() ? Optional.of(GuardAction.GIVE_BACK) : Optional.empty();
    }

    private Optional<GuardAction> decideInDebt(GuardReading reading, Instant now) {
        boolean nudged = reading.notes().nudge().isPresent();
        if (!inDebt) {
            inDebt = true;
            firstDebt = reading.debt();
            lowestDebt = reading.debt();
            since = now;
            enter(nudged ? GuardState.NUDGED : GuardState.BOOTING, "");
        } else if (reading.debt() < lowestDebt) {
            lowestDebt = reading.debt();
            since = now;
            if (state != GuardState.BOOTING || firstDebt - lowestDebt >= BEGUN_PAGES) {
                enter(nudged ? GuardState.NUDGED : GuardState.BALLOONING, "");
            }
        }
        if (reading.nudgeOverruled() && policy.mode() != GuardMode.OBSERVE) {
            since = now;
            enter(GuardState.BALLOONING, "");
            return Optional.of(GuardAction.FORGET_NUDGE);
        }
        return now.isBefore(since.plus(patience())) ? Optional.empty() : decideShort(reading);
    }

    private Duration patience() {
        return switch (state) {
            case BOOTING -> policy.boot();
            case NUDGED -> policy.nudge();
            default -> policy.stall();
        };
    }

    private Optional<GuardAction> decideShort(GuardReading reading) {
        if (state != GuardState.GAVE_UP) {
            enter(GuardState.SHORT, "");
        }
        return switch (policy.mode()) {
            case OBSERVE -> Optional.empty();
            case COVER_AT_ONCE -> Optional.of(GuardAction.COVER);
            case NUDGE_FIRST -> {
                int nudges =
                        reading.notes().nudge().map(GuardRecord.Nudge::count).orElse(0);
                boolean mayNudge = nudges < policy.mostNudges()
                        && reading.nextTarget(policy).isPresent();
                yield Optional.of(mayNudge ? GuardAction.NUDGE : GuardAction.COVER);
            }
        };
    }

    /** An action was tried. */
    void done(GuardAction action, GuardOutcome outcome, Instant now) {
        switch (outcome.kind()) {
            case DONE -> {
                if (action == GuardAction.NUDGE) {
                    since = now;
                    enter(GuardState.NUDGED, "");
                } else if (action == GuardAction.COVER) {
                    inDebt = false;
                    enter(GuardState.COVERED, "");
                }
                interval = FIRST_INTERVAL;
            }
            case REFUSED -> {
                if (state == GuardState.SHORT) {
                    enter(GuardState.GAVE_UP, outcome.why());
                }
            }
            case STALE -> interval = FIRST_INTERVAL;
            case NOT_OURS -> {
                // The other guard's work shows in the next readings.
            }
        }
        due = now.plus(interval);
    }

    private void enter(GuardState next, String why) {
        if (next != state) {
            transitions.add(new Transition(state, next, why));
            state = next;
            interval = FIRST_INTERVAL;
        }
    }

    /** Back-off, though never past the moment at which patience ends. */
    private void lookAgain(Instant now) {
        due = now.plus(interval);
        Instant patienceEnds = since.plus(patience());
        if (inDebt && patienceEnds.isAfter(now) && patienceEnds.isBefore(due)) {
            due = patienceEnds;
        }
        Duration most =
                switch (state) {
                    case BOOTING, BALLOONING, NUDGED -> MOST_WAITING;
                    case SHORT, GAVE_UP -> MOST_SHORT;
                    case SETTLED, COVERED, GONE -> MOST_SETTLED;
                };
        Duration twice = interval.multipliedBy(2);
        interval = twice.compareTo(most) < 0 ? twice : most;
    }
}
