// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl;

import java.util.List;

/**
 * CPUID leaves and MSRs that a domain sees.
 *
 * @param leaves CPUID leaves
 * @param msrs feature MSRs
 */
public record CpuPolicy(List<Leaf> leaves, List<Msr> msrs) {
    /** The subleaf number of leaves without subleaves ({@code XEN_CPUID_NO_SUBLEAF}). */
    public static final int NO_SUBLEAF = 0xFFFF_FFFF;

    public CpuPolicy {
        leaves = List.copyOf(leaves);
        msrs = List.copyOf(msrs);
    }

    /** One CPUID leaf; the registers are 32 bits. */
    public record Leaf(int leaf, int subleaf, int eax, int ebx, int ecx, int edx) {}

    /** One MSR. */
    public record Msr(int index, int flags, long value) {}
}
