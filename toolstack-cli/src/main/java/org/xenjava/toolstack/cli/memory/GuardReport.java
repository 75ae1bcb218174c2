// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.memory;

import com.google.gson.JsonObject;
import org.xenjava.toolstack.pod.GuardEvent;
import org.xenjava.toolstack.pod.GuardState;
import org.xenjava.toolstack.pod.GuardStatus;
import org.xenjava.toolstack.pod.GuardStatus.Activity;
import org.xenjava.toolstack.pod.GuardStatus.Inspection;

/** What a guard has to say, as lines for people and as JSON. */
public final class GuardReport {
    private GuardReport() {}

    /** What a guard says of a domain in the end. */
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
        return who(event.domid(), event.name()) + ": " + GuardModes.word(event.to()) + ": " + event.advice();
    }

    /** Whether a user should hear of it although all was to be quiet: the guest is not as safe as it should be. */
    public static boolean isTrouble(GuardEvent event) {
        return switch (event.to()) {
            case SHORT, NUDGED, COVERED, GAVE_UP -> true;
            case BOOTING, BALLOONING, SETTLED, GONE -> false;
        };
    }

    public static JsonObject json(GuardEvent event) {
        JsonObject json = new JsonObject();
        json.addProperty("domid", event.domid());
        json.addProperty("name", event.name());
        json.addProperty("from", GuardModes.word(event.from()));
        json.addProperty("to", GuardModes.word(event.to()));
        json.addProperty("debt", event.debtPages());
        json.addProperty("covered_pages", event.coveredPages());
        json.addProperty("vm_event", event.inspection() == Inspection.ATTACHED);
        json.addProperty("advice", event.advice());
        return json;
    }

    public static String verdictLine(GuardStatus status) {
        long debt = status.pod().debtPages();
        String words =
                switch (Verdict.of(status)) {
                    case SAFE ->
                        status.coveredPages() > 0
                                ? "safe, as the host lends it " + pages(status.coveredPages())
                                : "safe: every entry has its page";
                    case UNSAFE -> "NOT SAFE: " + pages(debt) + " short, load inside may crash it (XSA-153)";
                    case STOPPED -> "stopped with " + pages(debt) + " to free: to be seen when it runs";
                    case UNDECIDED ->
                        "undecided: " + GuardModes.word(status.state()) + ", with " + pages(debt) + " to free";
                };
        return who(status.pod().domid(), status.pod().name()) + ": " + words;
    }

    public static JsonObject verdictJson(GuardStatus status) {
        JsonObject json = new JsonObject();
        json.addProperty("domid", status.pod().domid());
        json.addProperty("name", status.pod().name());
        json.addProperty("state", GuardModes.word(status.state()));
        json.addProperty("debt", status.pod().debtPages());
        json.addProperty("covered_pages", status.coveredPages());
        json.addProperty("vm_event", status.inspection() == Inspection.ATTACHED);
        json.addProperty("verdict", GuardModes.word(Verdict.of(status)));
        return json;
    }

    public static String pages(long count) {
        return count + (count == 1 ? " page" : " pages");
    }

    public static String who(int domid, String name) {
        return name.isEmpty() ? "domain " + domid : name + " (" + domid + ")";
    }
}
