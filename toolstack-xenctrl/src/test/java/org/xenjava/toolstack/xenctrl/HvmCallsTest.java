// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.xenctrl.abi.HvmParam;

/** The bytes were written by hand from Xen 4.17's public headers. */
class HvmCallsTest extends HypercallBytes {
    @Test
    void hvmParametersAreEncodedAndRead() {
        assertEquals(hex("0500 0000 11000000 fccf0f0000000000"), bytesOf(34, 0, 16, () -> xenctrl.hvm()
                .setParam(5, HvmParam.CONSOLE_PFN, 0xFCFFC)));

        xen.answering((op, args) -> {
            assertEquals(1, args[0]);
            assertEquals(hex("0500 0000 02000000", zeros(8)), xen.hex(args[1], 16));
            xen.at(args[1]).putLong(8, 0x1234_5678_9ABCL);
            return 0;
        });
        assertEquals(0x1234_5678_9ABCL, xenctrl.hvm().param(5, HvmParam.STORE_EVTCHN));
    }

    @Test
    void theHvmContextIsAskedForItsSizeFirst() {
        xen.answering((op, args) -> {
            ByteBuffer request = xen.at(args[0]);
            assertEquals(33, request.getInt(0));
            long buffer = request.getLong(24);
            if (buffer == 0) {
                request.putInt(16, 100);
            } else {
                assertEquals(100, request.getInt(16));
                xen.at(buffer).put(0, new byte[] {1, 2, 3});
                request.putInt(16, 3);
            }
            return 0;
        });
        assertArrayEquals(new byte[] {1, 2, 3}, xenctrl.hvm().context(5));
        assertEquals(2, xen.takeCalls().size());
    }

    @Test
    void theHvmContextIsSetWhole() {
        xen.answering((op, args) -> {
            assertEquals(hex("22000000 15000000 0500 000000000000 03000000 00000000"), xen.hex(args[0], 24));
            assertEquals("010203", xen.hex(xen.at(args[0]).getLong(24), 3));
            return 0;
        });
        xenctrl.hvm().setContext(5, new byte[] {1, 2, 3});
    }
}
