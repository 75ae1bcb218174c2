// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.units;

/**
 * A number of 4 KiB pages, Xen's unit of memory.
 *
 * @param count 0 or more
 */
public record Pages(long count) implements Comparable<Pages> {
    /** The size of a page in bytes. */
    public static final int BYTES = 4096;

    /** The binary logarithm of {@link #BYTES}. */
    public static final int SHIFT = 12;

    static final long KIB_PER_PAGE = 4;
    /** No pages. */
    public static final Pages ZERO = new Pages(0);

    /**
     * Refuses a negative number.
     *
     * @param count 0 or more
     */
    public Pages {
        if (count < 0) {
            throw new IllegalArgumentException(count + " pages is negative");
        }
    }

    /**
     * {@return a number of pages}
     *
     * @param count 0 or more
     */
    public static Pages of(long count) {
        return new Pages(count);
    }

    /**
     * {@return the number of pages that hold a number of bytes}
     *
     * @param bytes the number of bytes
     */
    public static Pages holding(long bytes) {
        return new Pages((bytes + BYTES - 1) / BYTES);
    }

    /**
     * {@return the sum}
     *
     * @param other the other amount
     */
    public Pages plus(Pages other) {
        return new Pages(Math.addExact(count, other.count));
    }

    /**
     * {@return the difference; {@code other} must not be the larger one}
     *
     * @param other the other amount
     */
    public Pages minus(Pages other) {
        return new Pages(count - other.count);
    }

    /**
     * {@return the smaller number}
     *
     * @param other the other amount
     */
    public Pages min(Pages other) {
        return count <= other.count ? this : other;
    }

    /** {@return the same amount in KiB} */
    public KiB toKiB() {
        return new KiB(Math.multiplyExact(count, KIB_PER_PAGE));
    }

    /**
     * {@return whether this number is the larger one}
     *
     * @param other the other amount
     */
    public boolean isMoreThan(Pages other) {
        return count > other.count;
    }

    @Override
    public int compareTo(Pages other) {
        return Long.compare(count, other.count);
    }

    @Override
    public String toString() {
        return count + (count == 1 ? " page" : " pages");
    }
}
