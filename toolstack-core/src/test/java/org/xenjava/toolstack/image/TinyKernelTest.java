// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class TinyKernelTest {
    private static final int START = 0x10_0000;

    private final PvhKernel kernel = PvhKernel.parse(TinyKernel.elf());

    @Test
    void itIsAPvhKernelOfAFewBytesAtOneMebibyte() {
        assertEquals(START, kernel.entry());
        assertEquals(START, kernel.start());
        assertEquals(START + 4, kernel.end());
    }

    @Test
    void itDisablesInterruptsAndHaltsForEver() {
        byte[] code = new byte[4];
        GuestMemory memory = (address, source, offset, length) ->
                System.arraycopy(source, offset, code, (int) (address - START), length);
        kernel.segments().get(0).loadInto(memory, FreshPages.UNDEFINED);
        byte cli = (byte) 0xfa;
        byte hlt = (byte) 0xf4;
        byte jmp = (byte) 0xeb;
        assertArrayEquals(new byte[] {cli, hlt, jmp, -4}, code);
    }
}
