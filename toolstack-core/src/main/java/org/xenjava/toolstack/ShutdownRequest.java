// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack;

import java.util.Locale;

/** What a guest can be asked to do over {@code control/shutdown}. */
public enum ShutdownRequest {
    POWEROFF("shutting down"),
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
