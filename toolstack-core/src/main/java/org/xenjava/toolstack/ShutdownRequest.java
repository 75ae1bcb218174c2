// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack;

import java.util.Locale;

/** Requests to a guest by {@code control/shutdown} in xenstore. */
public enum ShutdownRequest {
    /** The guest shuts down and powers off. */
    POWEROFF("shutting down"),
    /** The guest reboots. */
    REBOOT("rebooting");

    private final String verb;

    ShutdownRequest(String verb) {
        this.verb = verb;
    }

    String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    String verb() {
        return verb;
    }
}
