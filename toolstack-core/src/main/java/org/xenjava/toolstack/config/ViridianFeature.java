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
    /** The hypercall page and the identification as Hyper-V. */
    BASE,
    /** MSRs with the frequencies of time stamp counter and APIC timer. */
    FREQ,
    /** The reference counter, in units of 100 ns. */
    TIME_REF_COUNT,
    /** A page from which the guest computes the time without an exit. */
    REFERENCE_TSC,
    /** Hypercalls that flush the TLBs of other vCPUs. */
    HCALL_REMOTE_TLB_FLUSH,
    /** A page that saves exits at the end of an interrupt. */
    APIC_ASSIST,
    /** MSRs in which Windows reports the parameters of a crash. */
    CRASH_CTL,
    /** The synthetic interrupt controller. */
    SYNIC,
    /** Synthetic timers. */
    STIMER,
    /** Hypercalls that send interrupts to several vCPUs. */
    HCALL_IPI,
    /** Hypercalls with sets of more than 64 vCPUs. */
    EX_PROCESSOR_MASKS,
    /** No limit on the number of vCPUs. */
    NO_VP_LIMIT,
    /** vCPUs may be added while the guest runs. */
    CPU_HOTPLUG;

    /** The groups of {@code viridian=1} and {@code "defaults"} in libxl 4.17. */
    public static final Set<ViridianFeature> DEFAULTS =
            Sets.immutableEnumSet(BASE, FREQ, TIME_REF_COUNT, APIC_ASSIST, CRASH_CTL, NO_VP_LIMIT, CPU_HOTPLUG);

    /** {@return the word of xl.cfg} */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
