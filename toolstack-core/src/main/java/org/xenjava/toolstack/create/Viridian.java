// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create;

import java.util.Set;
import org.xenjava.toolstack.config.ViridianFeature;

/** The value of {@code HVM_PARAM_VIRIDIAN}: a bit for each Hyper-V interface ({@code hvm/params.h}, HVMPV_*). */
final class Viridian {
    private Viridian() {}

    /** The bits of the features and of the features that they need. */
    static long mask(Set<ViridianFeature> features) {
        long mask = features.stream().mapToLong(Viridian::bits).reduce(0, (all, bits) -> all | bits);
        return features.contains(ViridianFeature.FREQ) ? mask : mask | 1 << 1;
    }

    private static long bits(ViridianFeature feature) {
        return switch (feature) {
            case BASE -> 1;
            // The bit of this feature switches it off.
            case FREQ -> 0;
            case TIME_REF_COUNT -> 1 << 2;
            case REFERENCE_TSC -> 1 << 3;
            case HCALL_REMOTE_TLB_FLUSH -> 1 << 4;
            case APIC_ASSIST -> 1 << 5;
            case CRASH_CTL -> 1 << 6;
            case SYNIC -> 1 << 7;
            case STIMER -> 1 << 8 | bits(ViridianFeature.SYNIC) | bits(ViridianFeature.TIME_REF_COUNT);
            case HCALL_IPI -> 1 << 9;
            case EX_PROCESSOR_MASKS -> 1 << 10;
            case NO_VP_LIMIT -> 1 << 11;
            case CPU_HOTPLUG -> 1 << 12;
        };
    }
}
