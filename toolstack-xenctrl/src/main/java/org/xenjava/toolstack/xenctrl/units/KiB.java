// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.units;

/**
 * An amount of memory in KiB, the unit of xenstore and {@code max_mem}.
 *
 * @param value 0 or more
 */
public record KiB(long value) implements Comparable<KiB> {
    private static final long PER_MIB = 1024;
    /** No memory. */
    public static final KiB ZERO = new KiB(0);

    /**
     * Refuses a negative amount.
     *
     * @param value the amount in KiB, 0 or more
     */
    public KiB {
        if (value < 0) {
            throw new IllegalArgumentException(value + " KiB is negative");
        }
    }

    /**
     * {@return an amount}
     *
     * @param value the amount in KiB, 0 or more
     */
    public static KiB of(long value) {
        return new KiB(value);
    }

    /**
     * {@return an amount of whole MiB}
     *
     * @param mib the size in MiB
     */
    public static KiB ofMiB(long mib) {
        return new KiB(Math.multiplyExact(mib, PER_MIB));
    }

    /**
     * {@return the sum}
     *
     * @param other the other amount
     */
    public KiB plus(KiB other) {
        return new KiB(Math.addExact(value, other.value));
    }

    /**
     * {@return the difference; {@code other} must not be the larger one}
     *
     * @param other the other amount
     */
    public KiB minus(KiB other) {
        return new KiB(value - other.value);
    }

    /**
     * {@return the larger one}
     *
     * @param other the other amount
     */
    public KiB max(KiB other) {
        return value >= other.value ? this : other;
    }

    /** {@return whole pages; a remainder of up to 3 KiB is dropped, as Xen and libxl do} */
    public Pages toPages() {
        return new Pages(value / Pages.KIB_PER_PAGE);
    }

    /** {@return whole MiB, rounded down} */
    public long toMiB() {
        return value / PER_MIB;
    }

    /** {@return whole MiB, rounded up} */
    public long roundUpToMiB() {
        return Math.addExact(value, PER_MIB - 1) / PER_MIB;
    }

    /** {@return whether the amount is a multiple of 1 MiB} */
    public boolean isMultipleOfMiB() {
        return value % PER_MIB == 0;
    }

    /**
     * {@return whether this amount is the smaller one}
     *
     * @param other the other amount
     */
    public boolean isLessThan(KiB other) {
        return value < other.value;
    }

    @Override
    public int compareTo(KiB other) {
        return Long.compare(value, other.value);
    }

    @Override
    public String toString() {
        return value + " KiB";
    }
}
