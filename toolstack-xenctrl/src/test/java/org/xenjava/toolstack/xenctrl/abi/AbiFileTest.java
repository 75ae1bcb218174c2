// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.abi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.xenjava.toolstack.xenctrl.abi.StructLayout.Field;
import org.xenjava.toolstack.xenctrl.abi.StructLayout.Type;

class AbiFileTest {
    @Test
    void structsConstantsAndCommentsAreRead() {
        AbiFile file = new AbiFile(
                "test",
                """
                # a comment
                constant TEN 10
                constant FLAG 0x80000000

                struct first 24
                  0 u32 a
                  8 ptr64 map.buffer
                  16 bytes[8] b
                struct second 8
                  0 s16 c
                """);
        assertEquals(Map.of("TEN", 10L, "FLAG", 0x8000_0000L), file.constants());
        assertEquals(
                List.of("first", "second"),
                file.structs().stream().map(StructLayout::name).toList());
        StructLayout first = file.structs().get(0);
        assertEquals(24, first.size());
        assertEquals(new Field("map.buffer", 8, Type.PTR64, 1), first.field("map.buffer"));
        assertEquals(new Field("b", 16, Type.BYTES, 8), first.field("b"));
        assertEquals(Type.S16, file.structs().get(1).field("c").type());
    }

    @Test
    void membersOfAUnionMayOverlap() {
        AbiFile file = new AbiFile("test", "struct s 8\n 0 u32 u.port\n 0 u16 u.dom\n");
        assertEquals(2, file.structs().get(0).fields().size());
    }

    @Test
    void aFieldMayEndWithItsStruct() {
        assertEquals(
                8, new AbiFile("test", "struct s 8\n 4 u32 a").structs().get(0).size());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0 u32 a",
                "struct s",
                "struct s -8",
                "struct s 99999999999",
                "struct s 8\n 0 u24 a",
                "struct s 8\n 0 u32",
                "struct s 8\n -4 u32 a",
                "struct s 8\n 5 u32 a",
                "struct s 8\n 0 u32[3] a",
                "struct s 8\n 0 u64s[536870912] a",
                "struct s 8\n 0 u32 a\n 4 u32 a",
                "struct s 8\nstruct s 8",
                "constant A",
                "constant A 0xZ",
                "constant A 1\nconstant A 2",
                "nonsense"
            })
    void whatIsMalformedIsRefusedWithTheSourceAndTheLine(String text) {
        IllegalStateException refusal = assertThrows(IllegalStateException.class, () -> new AbiFile("test.abi", text));
        String lastLine = text.substring(text.lastIndexOf('\n') + 1).strip();
        assertTrue(refusal.getMessage().startsWith("test.abi: cannot read '" + lastLine + "': "), refusal.getMessage());
    }
}
