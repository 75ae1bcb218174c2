// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config;

import com.google.common.collect.Sets;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.xenctrl.units.KiB;

/**
 * The processors that a guest sees.
 *
 * @param features what the processors offer beyond the default
 * @param cpuid edits of CPUID, no two of one register; the record sorts them
 * @param traceBuffer size of the buffer of each vCPU for the processor's trace: 0, or a power of two, 4 KiB … 2 GiB
 */
public record ProcessorConfig(Set<Feature> features, List<CpuidEdit> cpuid, KiB traceBuffer) {
    private static final Comparator<CpuidEdit> ORDER = Comparator.<CpuidEdit>comparingLong(
                    edit -> Integer.toUnsignedLong(edit.leaf()))
            .thenComparingLong(edit -> edit.subleaf().isPresent()
                    ? Integer.toUnsignedLong(edit.subleaf().getAsInt())
                    : -1)
            .thenComparing(CpuidEdit::register);

    /** Xen's default processors. */
    public static final ProcessorConfig DEFAULT = new ProcessorConfig(Set.of(), List.of(), KiB.ZERO);

    /** Abilities of processors beyond the default. Each is a key of xl.cfg with the value 0 or 1. */
    public enum Feature {
        /** The guest can run guests of its own. Xen calls this experimental. */
        NESTEDHVM,
        /** Performance counters. The host's Xen must have {@code vpmu} on its command line. */
        VPMU,
        /** Unknown MSRs read as 0 instead of raising a fault, as before Xen 4.15. */
        MSR_RELAXED;

        /** {@return the key of xl.cfg} */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * Copies the collections, so that the record is immutable, and checks the values.
     *
     * @param features what the processors offer beyond the default
     * @param cpuid edits of CPUID, no two of one register; the record sorts them
     * @param traceBuffer size of the buffer of each vCPU for the processor's trace: 0, or a power of two, 4 KiB … 2 GiB
     * @throws ConfigException if the size of the buffer is none that Xen accepts, or a register is edited twice
     */
    public ProcessorConfig {
        features = Sets.immutableEnumSet(features);
        cpuid = cpuid.stream().sorted(ORDER).toList();
        new ProblemCollector()
                .add(DomainRules.ofTraceBuffer(traceBuffer), "vmtrace_buf_kb")
                .add(DomainRules.ofCpuid(cpuid), "cpuid")
                .throwIfAny("");
    }

    /**
     * {@return whether the processors have a feature}
     *
     * @param feature the feature
     */
    public boolean has(Feature feature) {
        return features.contains(feature);
    }
}
