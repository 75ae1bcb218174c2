// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.save.pv;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.LongUnaryOperator;
import org.xenjava.toolstack.xenctrl.units.Pages;

/** Replaces the numbers of pages in the entries of a page table of a 64-bit PV guest. */
final class PageTables {
    /** The level of root tables. */
    static final int ROOT_LEVEL = 4;

    static final int ENTRIES = 512;

    /** A number for a page that the other side does not have. */
    static final long UNKNOWN = -1;

    private static final int PRESENT = 1;
    private static final int LARGE = 0x80;
    private static final long NUMBER_MASK = 0x000F_FFFF_FFFF_F000L;

    /** The entries of a root table that Xen has for itself, from the first to the last. */
    private static final int FIRST_OF_XEN = 256;

    private static final int LAST_OF_XEN = 271;

    private PageTables() {}

    /** Whether an entry maps something. */
    static boolean isPresent(long entry) {
        return (entry & PRESENT) != 0;
    }

    /** The number of the page in an entry. */
    static long number(long entry) {
        return (entry & NUMBER_MASK) >>> Pages.SHIFT;
    }

    /** Whether an entry is one of those that Xen has for itself, and makes by itself. */
    static boolean isOfXen(int level, int index) {
        return level == ROOT_LEVEL && index >= FIRST_OF_XEN && index <= LAST_OF_XEN;
    }

    /** Whether an entry of a table above level 1 maps memory directly, which PV guests cannot have. */
    static boolean isLarge(int level, long entry) {
        return level > 1 && (entry & LARGE) != 0;
    }

    /**
     * Replaces the numbers of a table's pages in place, and clears the entries of Xen.
     *
     * @param level of the table
     * @param table the page
     * @param numbers the new number of each; {@link #UNKNOWN} if there is none
     * @return the index of the first entry without a new number, or with a large page; -1 if all were replaced
     */
    static int replace(int level, ByteBuffer table, LongUnaryOperator numbers) {
        ByteBuffer entries = table.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        int start = table.position();
        for (int i = 0; i < ENTRIES; i++) {
            int at = start + i * Long.BYTES;
            long entry = entries.getLong(at);
            if (isOfXen(level, i)) {
                entries.putLong(at, 0);
            } else if (isPresent(entry)) {
                long number = isLarge(level, entry) ? UNKNOWN : numbers.applyAsLong(number(entry));
                if (number == UNKNOWN) {
                    return i;
                }
                entries.putLong(at, entry & ~NUMBER_MASK | number << Pages.SHIFT & NUMBER_MASK);
            }
        }
        return -1;
    }
}
