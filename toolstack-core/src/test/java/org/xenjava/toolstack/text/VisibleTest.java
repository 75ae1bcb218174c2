// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class VisibleTest {

    @Test
    void lettersOfEveryScriptAreVisible() {
        assertTrue(Visible.isText("gäst 客人 \ud83d\udc27"));
        assertEquals("gäst 客人 \ud83d\udc27", Visible.text("gäst 客人 \ud83d\udc27"));
    }

    @Test
    void controlAndDirectionCharactersAndHalfCharactersAreEscaped() {
        assertEquals(
                "\\u001b[2J\\u202e\\u2066\\u0085\\u2029\\ud83d",
                Visible.text("\u001b[2J\u202e\u2066\u0085\u2029\ud83d"));
        assertFalse(Visible.isText("\u202e"));
    }
}
