// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack;

import java.util.Arrays;

/** Why a domain stopped: {@code SHUTDOWN_*} of Xen's {@code public/sched.h}. */
public enum ShutdownReason {
    POWEROFF(0),
    REBOOT(1),
    SUSPEND(2),
    CRASH(3),
    WATCHDOG(4),
    SOFT_RESET(5),
    UNKNOWN(255);

    private final int code;

    ShutdownReason(int code) {
        this.code = code;
    }

    /** {@return Xen's number for it} */
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
