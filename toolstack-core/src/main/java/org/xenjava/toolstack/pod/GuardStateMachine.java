// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.pod;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The state machine of one domain: turns readings into states, actions and the time of the next reading. It calls
 * neither Xen nor xenstore, and time is an argument.
 */
final class GuardStateMachine {
    static final Duration FIRST_INTERVAL = Duration.ofSeconds(1);

    /**
     * Pages by which the debt must fall to show a balloon driver at work: mapping Xen's shared pages over RAM lowers
     * it by a few.
     */
    private static final long BEGUN_PAGES = 256;

    /** Pages of a recorded repayment: 1 MiB. */
    private static final long NOTED_STEP = 256;

    private static final Duration MOST_WAITING = Duration.ofSeconds(15);
    private static final Duration MOST_SHORT = Duration.ofMinutes(1);
    private static final Duration MOST_SETTLED = Duration.ofMinutes(5);

    private final GuardPolicy policy;
    private final List<Transition> transitions = new ArrayList<>();
    private GuardState state = GuardState.BOOTING;
    private boolean inDebt;
    private boolean lent;
    private long lowestLent;
    private boolean acted;
    private long firstDebt;
    private long lowestDebt;
    private Instant since;
    private Instant due;
    private Duration interval = FIRST_INTERVAL;

    /** A change of state and its reason. */
    record Transition(GuardState from, GuardState to, String why) {}

    GuardStateMachine(GuardPolicy policy, Instant now) {
        this.policy = policy;
        this.since = now;
        this.due = now;
    }

    GuardState state() {
        return state;
    }

    /** The time of the next reading. */
    Instant due() {
        return due;
    }

    /** Whether the next reading may ask for an action on a domain without a record, which needs the target. */
    boolean mayAct(Instant now) {
        boolean impatient = Stream.of(
                        policy.timeouts().boot(),
                        policy.timeouts().stall(),
                        policy.timeouts().nudge())
                .anyMatch(Duration::isZero);
        return impatient || inDebt && !now.isBefore(since.plus(timeout()));
    }

    /** Makes the next reading due soon, after an event of the domain. */
    void wake(Instant now) {
        interval = FIRST_INTERVAL;
        due = now;
    }

    /** Returns the changes of state since the last call. */
    List<Transition> takeTransitions() {
        List<Transition> taken = List.copyOf(transitions);
        transitions.clear();
        return taken;
    }

    /** Takes a reading and returns the action, if any. */
    Optional<GuardAction> look(GuardReading reading, Instant now) {
        Optional<GuardAction> action = decide(reading, now);
        lookAgain(now);
        return action;
    }

    /** Records that a reading failed. */
    void lookFailed(Instant now) {
        lookAgain(now);
    }

    void gone() {
        enter(GuardState.GONE, "");
    }

    private Optional<GuardAction> decide(GuardReading reading, Instant now) {
        if (!reading.running()) {
            // A stopped guest neither balloons nor touches memory.
            since = now;
            return Optional.empty();
        }
        if (reading.debt() > 0) {
            lent = false;
            return decideInDebt(reading, now);
        }
        inDebt = false;
        return reading.coveredPages() > 0 ? decideLent(reading, now) : decideSettled(reading);
    }

    private Optional<GuardAction> decideSettled(GuardReading reading) {
        lent = false;
        enter(GuardState.SETTLED, "");
        if (policy.mode() == GuardMode.OBSERVE) {
            return Optional.empty();
        }
        if (reading.coverOver()) {
            return Optional.of(GuardAction.GIVE_BACK);
        }
        return endNudge(reading);
    }

    private static Optional<GuardAction> endNudge(GuardReading reading) {
        return reading.notes()
                .nudge()
                .map(nudge -> reading.nudgeOverruled() ? GuardAction.FORGET_NUDGE : GuardAction.RESTORE_INTENT);
    }

    /** Decides for a domain without debt that has a loan: waits for the end of the boot, then asks the loan back. */
    private Optional<GuardAction> decideLent(GuardReading reading, Instant now) {
        if (!lent) {
            lent = true;
            acted = false;
            lowestLent = reading.coveredPages();
            since = now;
            enter(reading.backedBoot() ? GuardState.BOOTING : GuardState.COVERED, "");
        } else if (reading.coveredPages() < lowestLent) {
            lowestLent = reading.coveredPages();
            since = now;
            if (state == GuardState.BOOTING) {
                enter(GuardState.BALLOONING, "");
            }
        }
        if (policy.mode() == GuardMode.OBSERVE) {
            return Optional.empty();
        }
        if (state != GuardState.NUDGED && reading.notes().nudge().isPresent() || reading.nudgeOverruled()) {
            enter(state == GuardState.NUDGED ? GuardState.COVERED : state, "");
            return endNudge(reading);
        }
        if (reading.repaidSinceNoted() >= NOTED_STEP) {
            return Optional.of(GuardAction.RECORD_REPAYMENT);
        }
        return now.isBefore(since.plus(timeout())) ? Optional.empty() : askBack(reading, now);
    }

    private Optional<GuardAction> askBack(GuardReading reading, Instant now) {
        switch (state) {
            case BOOTING, BALLOONING -> {
                since = now;
                enter(GuardState.COVERED, "");
                return Optional.empty();
            }
            case COVERED, NUDGED -> {
                if (policy.mode() == GuardMode.NUDGE_FIRST && mayNudge(reading)) {
                    return Optional.of(GuardAction.NUDGE);
                }
                since = now;
                enter(GuardState.OVERDUE, "");
                return endNudge(reading).or(this::overdue);
            }
            default -> {
                return overdue();
            }
        }
    }

    /** The measure for an overdue loan, once for each loan. */
    private Optional<GuardAction> overdue() {
        if (acted) {
            return Optional.empty();
        }
        acted = true;
        return switch (policy.repayment().overdue()) {
            case REPORT -> Optional.empty();
            case PAUSE -> Optional.of(GuardAction.PAUSE);
            case SHUT_DOWN -> Optional.of(GuardAction.SHUT_DOWN);
        };
    }

    private boolean mayNudge(GuardReading reading) {
        int nudges = reading.notes().nudge().map(GuardRecord.Nudge::count).orElse(0);
        return nudges < policy.nudging().most() && reading.nextTarget(policy).isPresent();
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
        return now.isBefore(since.plus(timeout())) ? Optional.empty() : decideShort(reading);
    }

    private Duration timeout() {
        return switch (state) {
            case BOOTING -> policy.timeouts().boot();
            case NUDGED -> policy.timeouts().nudge();
            case COVERED -> policy.repayment().after();
            case OVERDUE -> Duration.ZERO;
            case BALLOONING, SETTLED, SHORT, GAVE_UP, GONE -> policy.timeouts().stall();
        };
    }

    private Optional<GuardAction> decideShort(GuardReading reading) {
        if (state != GuardState.GAVE_UP) {
            enter(GuardState.SHORT, "");
        }
        return switch (policy.mode()) {
            case OBSERVE -> Optional.empty();
            case COVER_AT_ONCE -> Optional.of(GuardAction.COVER);
            case NUDGE_FIRST -> Optional.of(mayNudge(reading) ? GuardAction.NUDGE : GuardAction.COVER);
        };
    }

    /** Takes the outcome of an action. */
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
                // The next readings show the other guard's work.
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

    /** Schedules the next reading with back-off, at the latest when a time limit expires. */
    private void lookAgain(Instant now) {
        due = now.plus(interval);
        Instant timeoutEnds = since.plus(timeout());
        if ((inDebt || lent) && timeoutEnds.isAfter(now) && timeoutEnds.isBefore(due)) {
            due = timeoutEnds;
        }
        Duration most =
                switch (state) {
                    case BOOTING, BALLOONING, NUDGED -> MOST_WAITING;
                    case SHORT, GAVE_UP -> MOST_SHORT;
                    case SETTLED, COVERED, OVERDUE, GONE -> MOST_SETTLED;
                };
        Duration twice = interval.multipliedBy(2);
        interval = twice.compareTo(most) < 0 ? twice : most;
    }
}
