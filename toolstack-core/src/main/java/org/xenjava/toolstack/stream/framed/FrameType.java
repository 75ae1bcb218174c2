// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.stream.framed;

import java.util.Arrays;
import java.util.Optional;
import org.xenjava.toolstack.stream.PageBatch;
import org.xenjava.toolstack.xenctrl.units.Pages;

/** The type of a frame: byte 0 of its header. */
public enum FrameType {
    /** The sender's first frame: version and features that it has chosen. */
    START(1, Start.MOST_BYTES),
    /** One record of libxl's or libxc's stream, but no PAGE_DATA. */
    RECORD(2, (64 << 20) + 64),
    /** Pages of the guest. */
    PAGES(3, 2 * Integer.BYTES + PageBatch.MOST * (Long.BYTES + Pages.BYTES)),
    /** The sender's permission: the receiver has the guest from now on. */
    PERMISSION(4, 0),
    /** The first frame of a further link. */
    JOIN(5, Join.BYTES),
    /** The sender ends the migration, with the reason as text: no further link follows. */
    GIVE_UP(6, 1024),
    /** The receiver's first frame: version and features that it can do. */
    ANSWER(0x41, Terms.BYTES),
    /** The receiver has built the domain. */
    BUILT(0x42, 0),
    /** The receiver refuses the guest, with the reason as text; nothing of it is left there. */
    REFUSED(0x43, 1024),
    /** The receiver's report: empty if the guest runs, or else the reason for which it gives the guest back. */
    REPORT(0x44, 1024),
    /** The receiver's first frame on a further link: the number of the next frame that it expects. */
    JOINED(0x45, Long.BYTES);

    private final int number;
    private final int longest;

    FrameType(int number, int longest) {
        this.number = number;
        this.longest = longest;
    }

    /** The type with a number; empty if it is not defined. */
    static Optional<FrameType> of(int number) {
        return Arrays.stream(values()).filter(type -> type.number == number).findAny();
    }

    /** {@return the number of the type} */
    public int number() {
        return number;
    }

    /** {@return the length of the longest body, in bytes} */
    public int longest() {
        return longest;
    }
}
