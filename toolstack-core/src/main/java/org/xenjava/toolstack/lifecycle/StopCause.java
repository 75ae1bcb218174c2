// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.lifecycle;

import java.util.Optional;
import org.xenjava.toolstack.config.DomainConfig.Lifecycle;
import org.xenjava.toolstack.config.LifecycleAction;

/** Why a guest has stopped, as its configuration tells causes apart. */
public enum StopCause {
    POWEROFF,
    REBOOT,
    CRASH,
    WATCHDOG,
    SOFT_RESET,
    /** A reason that this library does not know; xl destroys such a domain, whatever its configuration says. */
    UNKNOWN;

    /**
     * From {@code SHUTDOWN_*} of Xen's {@code public/sched.h}.
     *
     * @return empty if the guest is suspended: it is to run again
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

    /** What its owner wants done then. */
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
