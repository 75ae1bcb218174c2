// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class VcpuStateTest {
    private static final byte[] CONTEXT = Resources.recorded("hvm-context.hex");
    private static final byte[] CONTEXT_4 = Resources.recorded("hvm-context-4-vcpus.hex");
    private static final int MTRR_AT = 1152;

    @Test
    void theMtrrStreamIsTheOneThatLibxlSent() {
        assertArrayEquals(
                Resources.recorded("sethvmcontext-mtrr-vcpu0.hex"),
                VcpuState.of(CONTEXT).mtrr(0));
    }

    @Test
    void otherVcpusGetTheMtrrsOfTheFirstWithTheirOwnNumber() {
        assertArrayEquals(
                Resources.recorded("sethvmcontext-mtrr-vcpu3.hex"),
                VcpuState.of(CONTEXT_4).mtrr(3));
    }

    @Test
    void theBootStreamIsTheOneThatLibxlSent() {
        assertArrayEquals(
                Resources.recorded("sethvmcontext-boot.hex"),
                VcpuState.of(CONTEXT).boot(0x100_0850, 0x4a0_0000));
    }

    @Test
    void theBootStreamOfAnHvmGuestIsTheOneThatLibxlSent() {
        assertArrayEquals(
                Resources.recorded("sethvmcontext-boot-of-hvm.hex"),
                VcpuState.of(Resources.recorded("hvm-context-of-hvm.hex")).boot(0x10_0000, 0x17_4000));
    }

    @Test
    void aContextCutAnywhereIsRefused() {
        for (int length = 0; length < CONTEXT.length; length++) {
            byte[] cut = Arrays.copyOf(CONTEXT, length);
            assertThrows(IllegalArgumentException.class, () -> VcpuState.of(cut), length + " bytes");
        }
    }

    @Test
    void aContextWithoutMtrrRecordIsRefusedByName() {
        byte[] context = CONTEXT.clone();
        context[MTRR_AT] = 99;

        assertRefused(context, "it has no MTRR record");
    }

    @Test
    void aContextWithAnotherMagicNumberIsRefused() {
        byte[] context = CONTEXT.clone();
        context[8]++;

        assertRefused(context, "magic number is 0x54381287");
    }

    @Test
    void aRecordOfAnotherSizeThanItsTypesIsRefused() {
        byte[] context = CONTEXT.clone();
        context[MTRR_AT + 4] -= 8;
        byte[] realigned = new byte[context.length - 8];
        System.arraycopy(context, 0, realigned, 0, MTRR_AT + 8 + 232);
        System.arraycopy(context, MTRR_AT + 8 + 240, realigned, MTRR_AT + 8 + 232, context.length - MTRR_AT - 8 - 240);

        assertRefused(realigned, "its MTRR record is of 232 bytes, not 240");
    }

    @Test
    void aDamagedContextIsReadOrRefused() {
        Random random = new Random(153);
        int refused = 0;
        for (int round = 0; round < 5000; round++) {
            byte[] context = CONTEXT_4.clone();
            for (int i = 0; i < 30; i++) {
                context[random.nextInt(context.length)] = (byte) random.nextInt();
            }
            try {
                assertEquals(288, VcpuState.of(context).mtrr(0).length);
            } catch (IllegalArgumentException e) {
                assertTrue(e.getMessage().startsWith("Xen's HVM context of the domain is malformed: "));
                refused++;
            }
        }
        assertTrue(refused > 100, refused + " refused: the damage is too mild");
    }

    private static void assertRefused(byte[] context, String complaint) {
        IllegalArgumentException e = assertThrows(IllegalArgumentException.class, () -> VcpuState.of(context));
        assertTrue(e.getMessage().contains(complaint), e.getMessage());
    }
}
