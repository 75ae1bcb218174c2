// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.abi;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StructViewTest {
    private static final StructLayout LAYOUT = new AbiFile(
                    "test",
                    """
                    struct every 72
                      0 u8 u8
                      2 u16 u16
                      4 u32 u32
                      8 u64 u64
                      16 s16 s16
                      20 s32 s32
                      24 s64 s64
                      32 ptr64 ptr64
                      40 bytes[4] bytes
                      48 u64s[3] u64s
                    """)
            .structs()
            .get(0);

    @ParameterizedTest(name = "{0} holds {1} … {2}")
    @CsvSource({
        "u8, 0, 255",
        "u16, 0, 65535",
        "u32, 0, 4294967295",
        "s16, -32768, 32767",
        "s32, -2147483648, 2147483647"
    })
    void aFieldHoldsItsRangeAndRefusesMore(String field, long min, long max) {
        StructView view = LAYOUT.allocate();
        assertEquals(min, view.set(field, min).get(field));
        assertEquals(max, view.set(field, max).get(field));
        assertThrows(IllegalArgumentException.class, () -> view.set(field, min - 1));
        assertThrows(IllegalArgumentException.class, () -> view.set(field, max + 1));
        assertEquals(max, view.get(field), "a refused value changes nothing");
    }

    @ParameterizedTest
    @CsvSource({"u64", "s64", "ptr64"})
    void sixtyFourBitsAreKeptAsTheyAre(String field) {
        StructView view = LAYOUT.allocate();
        assertEquals(-1, view.set(field, -1).get(field));
        assertEquals(Long.MIN_VALUE, view.set(field, Long.MIN_VALUE).get(field));
    }

    @Property(tries = 200, seed = "153")
    void aFieldOccupiesItsBytesLittleEndianAndNoOthers(@ForAll @LongRange(min = 0, max = 0xFFFF_FFFFL) long value) {
        byte[] bytes = LAYOUT.allocate().set("u32", value).toBytes();
        byte[] expected = new byte[72];
        ByteBuffer.wrap(expected).order(ByteOrder.LITTLE_ENDIAN).putInt(4, (int) value);
        assertArrayEquals(expected, bytes);
    }

    @Property(tries = 50, seed = "153")
    void aViewLiesWhereItWasAskedFor(@ForAll @IntRange(max = 100) int offset) {
        ByteBuffer memory = ByteBuffer.allocate(200).order(ByteOrder.BIG_ENDIAN);
        LAYOUT.at(memory, offset).set("u16", 0x1234);
        assertEquals(0x34, memory.get(offset + 2));
        assertEquals(0x12, memory.get(offset + 3));
    }

    @Test
    void aViewBeyondItsBufferIsRefused() {
        assertThrows(IndexOutOfBoundsException.class, () -> LAYOUT.at(ByteBuffer.allocate(72), 1));
    }

    @Test
    void aU32AsAnIntKeepsItsBits() {
        assertEquals(-1, LAYOUT.allocate().set("u32", 0xFFFF_FFFFL).getInt("u32"));
    }

    @Test
    void sixtyFourBitsAreNotCutToAnInt() {
        assertThrows(IllegalArgumentException.class, () -> LAYOUT.allocate().getInt("u64"));
    }

    @Test
    void anArrayIsNotReadOrWrittenAsANumber() {
        StructView view = LAYOUT.allocate();
        assertThrows(IllegalArgumentException.class, () -> view.get("bytes"));
        assertThrows(IllegalArgumentException.class, () -> view.getInt("bytes"));
        assertThrows(IllegalArgumentException.class, () -> view.set("u64s", 1));
    }

    @Test
    void bytesAreWrittenAndReadWhole() {
        StructView view = LAYOUT.allocate().setBytes("bytes", new byte[] {1, 2, 3, -4});
        assertArrayEquals(new byte[] {1, 2, 3, -4}, view.getBytes("bytes"));
        assertEquals(0xFC, view.get("bytes", 3));
        assertThrows(IllegalArgumentException.class, () -> view.setBytes("bytes", new byte[3]));
        assertThrows(IllegalArgumentException.class, () -> view.setBytes("bytes", new byte[5]));
    }

    @Test
    void elementsOfAnArrayAreReadByIndex() {
        StructView view = LAYOUT.allocate();
        byte[] content = new byte[24];
        content[16] = 7;
        view.setBytes("u64s", content);
        assertEquals(7, view.get("u64s", 2));
        assertThrows(IndexOutOfBoundsException.class, () -> view.get("u64s", 3));
        assertThrows(IndexOutOfBoundsException.class, () -> view.get("u64s", -1));
    }

    @Test
    void anUnknownFieldIsNamed() {
        IllegalArgumentException refusal = assertThrows(
                IllegalArgumentException.class, () -> LAYOUT.allocate().get("u128"));
        assertEquals("struct every has no field u128", refusal.getMessage());
    }

    @Test
    void aViewInWordsHasEveryNumber() {
        String words = LAYOUT.allocate().set("u32", 5).set("s32", -5).toString();
        assertEquals("every{u8=0, u16=0, u32=5, u64=0, s16=0, s32=-5, s64=0, ptr64=0}", words);
    }
}
