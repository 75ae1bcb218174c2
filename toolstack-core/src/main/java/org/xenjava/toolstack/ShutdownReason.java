// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack;

import java.util.Arrays;

/** Reasons of a domain's shutdown: {@code SHUTDOWN_*} of Xen's {@code public/sched.h}. */
public enum ShutdownReason {
    /** The guest powered itself off. */
    POWEROFF(0),
    /** The guest requested a reboot. */
    REBOOT(1),
    /** The guest suspended itself, to be saved or migrated. */
    SUSPEND(2),
    /** The guest crashed, or Xen crashed it. */
    CRASH(3),
    /** The guest's watchdog timer in Xen expired. */
    WATCHDOG(4),
    /** The guest requested a soft reset, as Linux' kexec does. */
    SOFT_RESET(5),
    /** A reason that this library does not know. */
    UNKNOWN(255);

    private final int code;

    ShutdownReason(int code) {
        this.code = code;
    }

    /** {@return Xen's number of the reason} */
    public int code() {
        return code;
    }

    static ShutdownReason of(int code) {
        return Arrays.stream(values())
                .filter(reason -> reason.code == code)
                .findFirst()
                .orElse(UNKNOWN);
    }
}
