// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;

/** The bytes were written by hand from Xen 4.17's public headers. */
class EventCallsTest extends HypercallBytes {
    @Test
    void anUnboundPortIsAllocatedInTheGuest() {
        xen.answering((op, args) -> {
            assertEquals(32, op);
            assertEquals(6, args[0]);
            assertEquals(hex("0500 0100 00000000"), xen.hex(args[1], 8));
            xen.at(args[1]).putInt(4, 2);
            return 0;
        });
        assertEquals(2, xenctrl.events().allocUnboundPort(5, 1));
    }

    @Test
    void theOtherEndOfAPortMustBeADomainToo() {
        assertThrows(IllegalArgumentException.class, () -> xenctrl.events().allocUnboundPort(5, 0x7FF0));
        assertEquals(List.of(), xen.takeCalls());
    }
}
