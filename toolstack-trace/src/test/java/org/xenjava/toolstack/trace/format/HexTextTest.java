// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.trace.format;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HexTextTest {
    @Property
    void whatWasWrittenIsReadAgain(@ForAll @Size(max = 200) byte[] bytes, @ForAll byte keep) {
        for (int i = 0; i < bytes.length; i++) {
            // Most random bytes are not zero; the interesting memory mostly is.
            bytes[i] = bytes[i] > keep ? bytes[i] : 0;
        }
        assertArrayEquals(
                bytes, HexText.parse(HexText.of(bytes).range(0, bytes.length)).bytes());
        byte[] trimmed = HexText.parse(HexText.of(bytes).withoutTrailingZeros()).bytes();
        assertArrayEquals(bytes, Arrays.copyOf(trimmed, bytes.length));
    }

    @Test
    void runsOfFourZerosAreCountedAndZerosAtTheEndAreOmitted() {
        byte[] bytes = {1, 0, 0, 0, 2, 0, 0, 0, 0, 3, 0, 0};
        assertEquals("0100000002(4)03", HexText.of(bytes).withoutTrailingZeros());
        assertEquals("(4)030000", HexText.of(bytes).range(5, 12));
        assertEquals("", HexText.of(new byte[64]).withoutTrailingZeros());
    }

    @Test
    void pointersAreWrittenAtTheirOffsets() {
        byte[] bytes = new byte[32];
        bytes[0] = 5;
        bytes[9] = 77;
        HexText text = new HexText(bytes, new TreeMap<>(Map.of(8, "buf#2+16")));
        assertEquals("05(7)<buf#2+16>", text.withoutTrailingZeros());
        HexText read = HexText.parse("05(7)<buf#2+16>01");
        assertEquals(Map.of(8, "buf#2+16"), read.pointers());
        assertEquals(17, read.bytes().length);
        assertEquals(1, read.bytes()[16]);
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "0g", "(", "(x)", "<buf#1>", "<7f0000000000>", "00 00", "(9999999999)"})
    void otherTextIsRefused(String text) {
        assertThrows(IllegalArgumentException.class, () -> HexText.parse(text));
    }
}
