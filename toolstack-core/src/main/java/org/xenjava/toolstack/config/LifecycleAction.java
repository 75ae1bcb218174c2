// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config;

import java.util.Locale;

/** Actions after a domain has shut down: the values of xl.cfg's {@code on_*}. */
public enum LifecycleAction {
    /** The domain is destroyed. */
    DESTROY,
    /** The domain is destroyed and created again from its configuration. */
    RESTART,
    /** The domain is renamed and preserved, and a new one is created under its name. */
    RENAME_RESTART,
    /** The domain stays until somebody destroys it, for inspection. */
    PRESERVE,
    /** The domain's memory is written to a file, then the domain is destroyed. */
    COREDUMP_DESTROY,
    /** The domain's memory is written to a file, then the domain is restarted. */
    COREDUMP_RESTART,
    /** The domain continues in place, as for Linux' kexec. */
    SOFT_RESET;

    /** {@return the word of xl.cfg, such as {@code rename-restart}} */
    public String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
