// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class TinyKernelTest {
    private final PvhKernel kernel = PvhKernel.parse(TinyKernel.elf());

    @Test
    void itIsOnePageAtSixteenMiBThatStartsWhereItBegins() {
        assertEquals(16 << 20, kernel.entry());
        assertEquals(16 << 20, kernel.start());
        assertEquals((16 << 20) + 4096, kernel.end());
    }

    @Test
    void itHaltsForEver() {
        byte[] memory = new byte[4096];
        kernel.segments()
                .get(0)
                .loadInto(
                        (address, source, offset, length) ->
                                System.arraycopy(source, offset, memory, (int) (address - (16 << 20)), length),
                        FreshPages.UNDEFINED);
        byte[] cli = {(byte) 0xfa};
        byte[] hltAndBackToIt = {(byte) 0xf4, (byte) 0xeb, -3};
        assertArrayEquals(cli, Arrays.copyOf(memory, 1));
        assertArrayEquals(hltAndBackToIt, Arrays.copyOfRange(memory, 1, 4));
    }
}
