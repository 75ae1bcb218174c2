// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.memory;

import org.xenjava.toolstack.cli.output.Words;
import org.xenjava.toolstack.pod.GuardEvent;
import org.xenjava.toolstack.pod.GuardState;
import org.xenjava.toolstack.pod.GuardStatus;
import org.xenjava.toolstack.pod.GuardStatus.Activity;
import org.xenjava.toolstack.pod.GuardStatus.Inspection;
import org.xenjava.toolstack.pod.PodRemedy;

/** The reports of a guard, as lines for people and as JSON. */
public final class GuardReport {
    private GuardReport() {}

    /** The verdict of a guard on a domain. */
    public enum Verdict {
        SAFE,
        UNSAFE,
        STOPPED,
        UNDECIDED;

        public static Verdict of(GuardStatus status) {
            if (status.pod().debtPages() <= 0) {
                return SAFE;
            }
            if (status.activity() == Activity.STOPPED) {
                return STOPPED;
            }
            return status.state() == GuardState.GAVE_UP || status.state() == GuardState.SHORT ? UNSAFE : UNDECIDED;
        }
    }

    public static String line(GuardEvent event) {
        return Words.domain(event.domid(), event.name()) + ": " + Words.of(event.to()) + ": " + adviceOn(event);
    }

    private static String adviceOn(GuardEvent event) {
        if (event.from() == event.to()) {
            return switch (event.inspection()) {
                case NONE -> "its monitor (vm_event) was detached";
                case ATTACHED ->
                    "a monitor (vm_event) was attached: the advisory leaves open whether that undoes its workaround";
            };
        }
        String debt = Words.pages(Math.max(0, event.debtPages()));
        return switch (event.to()) {
            case BOOTING -> "its balloon driver has " + debt + " to free";
            case BALLOONING -> "its balloon driver is at work and has " + debt + " to free";
            case SETTLED -> "every entry has its page: no load in the guest can crash it";
            case SHORT ->
                "its balloon driver has stopped " + debt + " short: load in the guest may crash it (XSA-153)"
                        + remedy(event, "; ");
            case NUDGED -> "memory/target is lowered until the driver has freed " + debt + " more";
            case COVERED -> "the host lends it " + Words.pages(event.coveredPages()) + " that its driver has not freed";
            case OVERDUE ->
                "its driver does not give back the " + Words.pages(event.coveredPages())
                        + " that the host lends it, although memory/target was lowered";
            case GAVE_UP ->
                debt + " short and not covered: " + event.refusal().orElse("") + "; free memory or raise the budget"
                        + remedy(event, ", or ");
            case GONE -> "the domain is gone";
        };
    }

    private static String remedy(GuardEvent event, String before) {
        return event.remedy()
                .map(remedy -> before
                        + (remedy instanceof PodRemedy.ShutDown ? "stop it while it can still stop in order: " : "try ")
                        + Remedies.command(remedy))
                .orElse("");
    }

    /** Whether an event is reported even in quiet mode: the guest lacks pages or has lent ones. */
    public static boolean isTrouble(GuardEvent event) {
        return switch (event.to()) {
            case SHORT, NUDGED, COVERED, OVERDUE, GAVE_UP -> true;
            case BOOTING, BALLOONING, SETTLED, GONE -> false;
        };
    }

    /** An event as JSON. */
    record EventDocument(
            int domid,
            String name,
            GuardState from,
            GuardState to,
            long debt,
            long coveredPages,
            boolean vmEvent,
            String advice) {
        static EventDocument of(GuardEvent event) {
            return new EventDocument(
                    event.domid(),
                    event.name(),
                    event.from(),
                    event.to(),
                    event.debtPages(),
                    event.coveredPages(),
                    event.inspection() == Inspection.ATTACHED,
                    adviceOn(event));
        }
    }

    /** A guard's verdict on a domain, as JSON. */
    record VerdictDocument(
            int domid, String name, GuardState state, long debt, long coveredPages, boolean vmEvent, Verdict verdict) {
        static VerdictDocument of(GuardStatus status) {
            return new VerdictDocument(
                    status.pod().domid(),
                    status.pod().name(),
                    status.state(),
                    status.pod().debtPages(),
                    status.coveredPages(),
                    status.inspection() == Inspection.ATTACHED,
                    Verdict.of(status));
        }
    }

    public static String verdictLine(GuardStatus status) {
        long debt = status.pod().debtPages();
        String words =
                switch (Verdict.of(status)) {
                    case SAFE ->
                        status.coveredPages() > 0
                                ? "safe, as the host lends it " + Words.pages(status.coveredPages())
                                : "safe: every entry has its page";
                    case UNSAFE -> "NOT SAFE: " + Words.pages(debt) + " short, load inside may crash it (XSA-153)";
                    case STOPPED -> "stopped with " + Words.pages(debt) + " to free: to be seen when it runs";
                    case UNDECIDED ->
                        "undecided: " + Words.of(status.state()) + ", with " + Words.pages(debt) + " to free";
                };
        return Words.domain(status.pod().domid(), status.pod().name()) + ": " + words;
    }
}
