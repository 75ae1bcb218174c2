// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config;

import java.util.Locale;

/** Properties of a domain that are off by default. Each is a key of xl.cfg with the value 0 or 1. */
public enum GuestOption {
    /** The domain stays on this host: it is neither saved nor migrated, and CPUID shows an invariant TSC. */
    NOMIGRATE,
    /** The domain serves devices of other domains: it may write nodes of its own for them. */
    DRIVER_DOMAIN,
    /** The guest may write all nodes of its devices, as some old Linux kernels need to suspend. */
    XEND_SUSPEND_EVTCHN_COMPAT,
    /** A PV guest sees the host's memory map. */
    E820_HOST;

    /** {@return the key of xl.cfg} */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
