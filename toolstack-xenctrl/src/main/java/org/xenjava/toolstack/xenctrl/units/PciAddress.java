// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.units;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The address of a function of a PCI device. The text is Linux': {@code 0000:00:1f.2}.
 *
 * @param segment segment, or domain: 0 … 0xFFFF
 * @param bus bus in the segment: 0 … 0xFF
 * @param devfn device and function: five and three bits
 */
public record PciAddress(int segment, int bus, int devfn) implements Comparable<PciAddress> {
    private static final Pattern TEXT =
            Pattern.compile("(?:([0-9a-f]{1,4}):)?([0-9a-f]{1,2}):([0-9a-f]{1,2})\\.([0-7])");
    private static final int HEX = 16;
    private static final int FUNCTION_BITS = 3;
    private static final int FUNCTION_MASK = 7;
    private static final int MAX_SEGMENT = 0xFFFF;
    private static final int MAX_BYTE = 0xFF;
    private static final int MAX_DEVICE = 0x1F;

    /**
     * Checks the ranges.
     *
     * @param segment segment, or domain: 0 … 0xFFFF
     * @param bus bus in the segment: 0 … 0xFF
     * @param devfn device and function: five and three bits
     */
    public PciAddress {
        if ((segment | MAX_SEGMENT) != MAX_SEGMENT || ((bus | devfn) | MAX_BYTE) != MAX_BYTE) {
            throw new IllegalArgumentException("no PCI address: " + segment + ", " + bus + ", " + devfn);
        }
    }

    /**
     * Reads an address.
     *
     * @param text {@code SSSS:BB:DD.F} or {@code BB:DD.F}, in hexadecimal
     * @return the address; empty if the text is none
     */
    public static Optional<PciAddress> parse(String text) {
        Matcher parts = TEXT.matcher(text.toLowerCase(Locale.ROOT));
        if (!parts.matches() || number(parts.group(3)) > MAX_DEVICE) {
            return Optional.empty();
        }
        return Optional.of(new PciAddress(
                Optional.ofNullable(parts.group(1)).map(PciAddress::number).orElse(0),
                number(parts.group(2)),
                number(parts.group(3)) << FUNCTION_BITS | number(parts.group(4))));
    }

    /**
     * {@return the address in Xen's number for it}
     *
     * @param sbdf segment, bus, device and function in 32 bits
     */
    public static PciAddress ofNumber(int sbdf) {
        return new PciAddress(sbdf >>> 16, sbdf >>> 8 & MAX_BYTE, sbdf & MAX_BYTE);
    }

    /** {@return Xen's number: segment, bus, device and function in 32 bits} */
    public int number() {
        return segment << 16 | bus << 8 | devfn;
    }

    /** {@return number of the device on its bus} */
    public int device() {
        return devfn >> FUNCTION_BITS;
    }

    /** {@return number of the function of the device} */
    public int function() {
        return devfn & FUNCTION_MASK;
    }

    private static int number(String hexadecimal) {
        return Integer.parseInt(hexadecimal, HEX);
    }

    @Override
    public int compareTo(PciAddress other) {
        return Integer.compareUnsigned(number(), other.number());
    }

    @Override
    public String toString() {
        return "%04x:%02x:%02x.%x".formatted(segment, bus, device(), function());
    }
}
