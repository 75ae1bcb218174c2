// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.pod;

import org.xenjava.toolstack.xenctrl.units.Pages;

/** What an administrator is told, in one line; where something has to be done, with the command that does it. */
final class GuardAdvice {
    private GuardAdvice() {}

    static String of(int domid, GuardReading reading, GuardStateMachine.Transition transition) {
        Pages debt = Pages.of(Math.max(0, reading.debt()));
        Pages covered = Pages.of(reading.coveredPages());
        return switch (transition.to()) {
            case BOOTING -> "its balloon driver has " + debt + " to free";
            case BALLOONING -> "its balloon driver is at work and has " + debt + " to free";
            case SETTLED -> "every entry has its page: no load in the guest can crash it";
            case SHORT ->
                "its balloon driver has stopped " + debt + " short: load in the guest may crash it (XSA-153); "
                        + command(domid, reading);
            case NUDGED -> "memory/target is lowered until the driver has freed " + debt + " more";
            case COVERED -> "the host lends it " + covered + " that its driver has not freed";
            case GAVE_UP ->
                debt + " short and not covered: " + transition.why() + "; free memory or raise the budget, or "
                        + command(domid, reading);
            case GONE -> "the domain is gone";
        };
    }

    static String of(GuardStatus.Inspection inspection) {
        return switch (inspection) {
            case NONE -> "its monitor (vm_event) was detached";
            case ATTACHED ->
                "a monitor (vm_event) was attached: the advisory leaves open whether that undoes its workaround";
        };
    }

    private static String command(int domid, GuardReading reading) {
        return reading.nextTarget(GuardPolicy.standard())
                .map(target -> "try xenstore-write /local/domain/" + domid + "/memory/target " + target.value())
                .orElse("stop it while it can still stop in order: xl shutdown " + domid);
    }
}
