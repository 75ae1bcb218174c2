// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.lifecycle;

import java.util.Optional;
import org.xenjava.toolstack.config.DomainConfig.Lifecycle;
import org.xenjava.toolstack.config.LifecycleAction;

/** Causes of a guest's stop that its configuration distinguishes. */
enum StopCause {
    /** The guest powered itself off. */
    POWEROFF,
    /** The guest requested a reboot. */
    REBOOT,
    /** The guest crashed, or Xen crashed it. */
    CRASH,
    /** The guest's watchdog timer in Xen expired. */
    WATCHDOG,
    /** The guest requested a soft reset. */
    SOFT_RESET,
    /** A reason that this library does not know; xl destroys such a domain, whatever its configuration says. */
    UNKNOWN;

    /**
     * The cause for a {@code SHUTDOWN_*} of Xen's {@code public/sched.h}.
     *
     * @return empty if the guest is suspended and will run again
     */
    static Optional<StopCause> of(int reason) {
        return switch (reason) {
            case 0 -> Optional.of(POWEROFF);
            case 1 -> Optional.of(REBOOT);
            case 2 -> Optional.empty();
            case 3 -> Optional.of(CRASH);
            case 4 -> Optional.of(WATCHDOG);
            case 5 -> Optional.of(SOFT_RESET);
            default -> Optional.of(UNKNOWN);
        };
    }

    /** The configured action. */
    LifecycleAction action(Lifecycle lifecycle) {
        return switch (this) {
            case POWEROFF -> lifecycle.onPoweroff();
            case REBOOT -> lifecycle.onReboot();
            case CRASH -> lifecycle.onCrash();
            case WATCHDOG -> lifecycle.onWatchdog();
            case SOFT_RESET -> lifecycle.onSoftReset();
            case UNKNOWN -> LifecycleAction.DESTROY;
        };
    }
}
