// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.units;

/**
 * An amount of memory in KiB, as xenstore and {@code max_mem} count it.
 *
 * @param value 0 or more
 */
public record KiB(long value) implements Comparable<KiB> {
    private static final long PER_MIB = 1024;
    public static final KiB ZERO = new KiB(0);

    public KiB {
        if (value < 0) {
            throw new IllegalArgumentException(value + " KiB is negative");
        }
    }

    public static KiB of(long value) {
        return new KiB(value);
    }

    public static KiB ofMiB(long mib) {
        return new KiB(Math.multiplyExact(mib, PER_MIB));
    }

    public KiB plus(KiB other) {
        return new KiB(Math.addExact(value, other.value));
    }

    /** The difference; {@code other} must not be the larger one. */
    public KiB minus(KiB other) {
        return new KiB(value - other.value);
    }

    public KiB max(KiB other) {
        return value >= other.value ? this : other;
    }

    /** Whole pages, a rest of up to 3 KiB dropped, as Xen and libxl do. */
    public Pages toPages() {
        return new Pages(value / Pages.KIB_PER_PAGE);
    }

    /** Whole MiB, the rest dropped. */
    public long toMiB() {
        return value / PER_MIB;
    }

    /** Whole MiB, a rest counted as one more. */
    public long roundUpToMiB() {
        return Math.addExact(value, PER_MIB - 1) / PER_MIB;
    }

    public boolean isMultipleOfMiB() {
        return value % PER_MIB == 0;
    }

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
