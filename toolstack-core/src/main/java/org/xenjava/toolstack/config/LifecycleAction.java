// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config;

import java.util.Locale;

/** Actions after a domain has shut down: the values of xl.cfg's {@code on_*}. */
public enum LifecycleAction {
    DESTROY,
    RESTART,
    RENAME_RESTART,
    PRESERVE,
    COREDUMP_DESTROY,
    COREDUMP_RESTART,
    SOFT_RESET;

    /** {@return the word of xl.cfg, such as {@code rename-restart}} */
    public String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
