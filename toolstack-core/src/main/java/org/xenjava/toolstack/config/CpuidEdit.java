// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config;

import java.util.OptionalInt;
import java.util.regex.Pattern;
import org.xenjava.toolstack.error.ConfigException;

/**
 * An edit of one register of one CPUID leaf, as xl.cfg's {@code cpuid} describes it.
 *
 * @param leaf number of the leaf
 * @param subleaf number of the subleaf; empty for a leaf that has none
 * @param register the register
 * @param bits 32 characters, from bit 31 to bit 0: {@code 1} sets the bit, {@code 0} clears it, {@code k} and {@code s}
 *     take the host's, and {@code x} leaves the guest's default
 */
public record CpuidEdit(int leaf, OptionalInt subleaf, Register register, String bits) {
    private static final Pattern BITS = Pattern.compile("[01xks]{32}");

    /** The registers in which CPUID returns its results. */
    public enum Register {
        /** EAX. */
        EAX,
        /** EBX. */
        EBX,
        /** ECX. */
        ECX,
        /** EDX. */
        EDX;

        /** {@return the word of xl.cfg, such as {@code ecx}} */
        public String word() {
            return "e" + (char) ('a' + ordinal()) + "x";
        }
    }

    /**
     * Checks the bits.
     *
     * @param leaf number of the leaf
     * @param subleaf number of the subleaf; empty for a leaf that has none
     * @param register the register
     * @param bits 32 characters, from bit 31 to bit 0: {@code 1} sets the bit, {@code 0} clears it, {@code k} and
     *     {@code s} take the host's, and {@code x} leaves the guest's default
     * @throws ConfigException if the bits are malformed
     */
    public CpuidEdit {
        if (!BITS.matcher(bits).matches()) {
            throw new ConfigException("the bits of " + register.word() + " are 32 of 0, 1, x, k and s");
        }
    }

    /**
     * {@return the register after the edit}
     *
     * @param guest the register as the guest has it without the edit
     * @param host the register as the host has it
     */
    public int apply(int guest, int host) {
        int result = guest;
        for (int i = 0; i < Integer.SIZE; i++) {
            int bit = 1 << (Integer.SIZE - 1 - i);
            result = switch (bits.charAt(i)) {
                case '1' -> result | bit;
                case '0' -> result & ~bit;
                case 'x' -> result;
                default -> result & ~bit | host & bit;
            };
        }
        return result;
    }
}
