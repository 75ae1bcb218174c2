// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

/** The bytes were written by hand from {@code xsm/flask_op.h}, the same on every release. */
class FlaskCallsTest extends HypercallBytes {
    @Test
    void theModeIsTheResultOfTheCall() {
        xen.answering((op, args) -> {
            assertEquals(27, op);
            assertEquals(hex("02000000 01000000", zeros(32)), xen.hex(args[0], 40));
            return 1;
        });
        assertTrue(xenctrl.flask().enforces());
        xen.answering((op, args) -> 0);
        assertFalse(xenctrl.flask().enforces());
    }

    @Test
    void theModeIsSet() {
        xen.answering((op, args) -> {
            assertEquals(hex("03000000 01000000 01000000"), xen.hex(args[0], 12));
            return 0;
        });
        xenctrl.flask().enforce();
    }

    @Test
    void aPolicyIsPassedWithItsSize() {
        xen.answering((op, args) -> {
            ByteBuffer request = xen.at(args[0]);
            assertEquals(hex("01000000 01000000"), xen.hex(args[0], 8));
            assertEquals(3, request.getInt(16));
            assertEquals(hex("070809"), xen.hex(request.getLong(8), 3));
            return 0;
        });
        xenctrl.flask().load(new byte[] {7, 8, 9});
    }

    @Test
    void aLabelHasANumber() {
        xen.answering((op, args) -> {
            ByteBuffer request = xen.at(args[0]);
            assertEquals(hex("04000000 01000000 00000000 05000000"), xen.hex(args[0], 16));
            assertEquals(hex("613a623a63"), xen.hex(request.getLong(16), 5));
            request.putInt(8, 17);
            return 0;
        });
        assertEquals(17, xenctrl.flask().sid("a:b:c"));
    }

    @Test
    void aLabelEndsAtItsNul() {
        xen.answering((op, args) -> {
            ByteBuffer request = xen.at(args[0]);
            assertEquals(hex("05000000 01000000 11000000"), xen.hex(args[0], 12));
            byte[] label = "system_u:system_r:domU_t\0".getBytes(US_ASCII);
            xen.at(request.getLong(16)).put(0, label);
            request.putInt(12, label.length);
            return 0;
        });
        assertEquals("system_u:system_r:domU_t", xenctrl.flask().label(17));
    }
}
