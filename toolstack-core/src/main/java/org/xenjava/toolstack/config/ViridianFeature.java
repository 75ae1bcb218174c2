// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config;

import com.google.common.collect.Sets;
import java.util.Locale;
import java.util.Set;

/**
 * Hyper-V interfaces for a guest: the groups of xl.cfg's {@code viridian}, in libxl's order
 * ({@code libxl_viridian_enlightenment}). All others need {@link #BASE}.
 */
public enum ViridianFeature {
    BASE,
    FREQ,
    TIME_REF_COUNT,
    REFERENCE_TSC,
    HCALL_REMOTE_TLB_FLUSH,
    APIC_ASSIST,
    CRASH_CTL,
    SYNIC,
    STIMER,
    HCALL_IPI,
    EX_PROCESSOR_MASKS,
    NO_VP_LIMIT,
    CPU_HOTPLUG;

    /** The groups of {@code viridian=1} and {@code "defaults"} in libxl 4.17. */
    public static final Set<ViridianFeature> DEFAULTS =
            Sets.immutableEnumSet(BASE, FREQ, TIME_REF_COUNT, APIC_ASSIST, CRASH_CTL, NO_VP_LIMIT, CPU_HOTPLUG);

    /** {@return the word of xl.cfg} */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
