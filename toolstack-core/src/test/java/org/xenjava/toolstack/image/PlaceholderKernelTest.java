// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.sim.guest.HaltingKernel;

class PlaceholderKernelTest {
    private static final int START = 0x10_0000;

    private final PvhKernel kernel = TestKernels.parse(HaltingKernel.elf());

    @Test
    void theTinyKernelIsAPvhKernelAtOneMebibyte() {
        assertEquals(START, kernel.entry());
        assertEquals(START, kernel.start());
        assertEquals(START + 4, kernel.end());
    }

    @Test
    void theTinyKernelDisablesInterruptsAndHalts() {
        ByteArrayMemory memory = new ByteArrayMemory(0xc2);
        new RamContents("kernel", kernel.segments(), List.of(), RamContents.FreshPages.UNDEFINED).loadInto(memory);
        byte[] code = memory.read(START, 4);
        byte cli = (byte) 0xfa;
        byte hlt = (byte) 0xf4;
        byte jmp = (byte) 0xeb;
        assertArrayEquals(new byte[] {cli, hlt, jmp, -4}, code);
    }
}
