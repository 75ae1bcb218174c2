// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.stream;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** The type of a page in a PAGE_DATA record: bits 60 to 63 of an entry. */
public enum PageType {
    /** An ordinary page. */
    NORMAL(0, Content.STORED),
    /** A page table of level 1. Page tables occur in the streams of PV domains only. */
    L1TAB(1, Content.STORED),
    /** A page table of level 2. */
    L2TAB(2, Content.STORED),
    /** A page table of level 3. */
    L3TAB(3, Content.STORED),
    /** A page table of level 4. */
    L4TAB(4, Content.STORED),
    /** A page of zeroes, which the receiver clears. xl's format does not have this type. */
    ZERO(8, Content.NONE),
    /** A pinned page table of level 1. */
    L1TAB_PINNED(9, Content.STORED),
    /** A pinned page table of level 2. */
    L2TAB_PINNED(10, Content.STORED),
    /** A pinned page table of level 3. */
    L3TAB_PINNED(11, Content.STORED),
    /** A pinned page table of level 4. */
    L4TAB_PINNED(12, Content.STORED),
    /** A page with a hardware error. It has no content, and the receiver does not populate it. */
    BROKEN(13, Content.NONE),
    /** A page without content. The receiver populates it. */
    ALLOCATE_ONLY(14, Content.NONE),
    /** No page. The receiver does not populate it. */
    ABSENT(15, Content.NONE);

    private static final int NUMBERS = 16;
    private static final List<Optional<PageType>> BY_NUMBER =
            IntStream.range(0, NUMBERS).mapToObj(PageType::search).toList();

    private static final int TABLE_MASK = 7;
    private static final int PINNED = 8;

    private final int number;
    private final Content content;

    PageType(int number, Content content) {
        this.number = number;
        this.content = content;
    }

    private enum Content {
        STORED,
        NONE
    }

    /** {@return whether the record has the content of a page of this type} */
    public boolean hasContent() {
        return content == Content.STORED;
    }

    /** {@return whether a stream of xl may have pages of this type} */
    boolean isOfXl() {
        return this != ZERO;
    }

    /**
     * {@return the type with a number; empty if it is not defined} Xen's {@code XEN_DOMCTL_PFINFO_*}, shifted down, are the
     * same numbers.
     *
     * @param number 0 … 15
     */
    public static Optional<PageType> of(int number) {
        return BY_NUMBER.get(number);
    }

    private static Optional<PageType> search(int number) {
        return Arrays.stream(values()).filter(type -> type.number == number).findAny();
    }

    /** {@return the level of a page table, 1 … 4; 0 for other pages} */
    public int tableLevel() {
        int level = number & TABLE_MASK;
        return number != ZERO.number && hasContent() ? level : 0;
    }

    /** {@return whether the page is a page table that stays one without use} */
    public boolean isPinned() {
        return hasContent() && (number & PINNED) != 0;
    }

    /** {@return the number of Xen's type ({@code XEN_DOMCTL_PFINFO_*}, shifted down)} */
    public int xen() {
        return number;
    }

    int number() {
        return number;
    }
}
