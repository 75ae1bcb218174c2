// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.xenjava.toolstack.error.KernelImageException;
import org.xenjava.toolstack.memory.GuestLayout;
import org.xenjava.toolstack.xenctrl.units.Pages;

/** Damages good kernels in random, repeatable ways. Whatever is not refused with a reason must load. */
class PvhKernelFuzzTest {
    private static final int ROUNDS = 2000;
    private static final int[] TELLING = {0, 1, 0x7fff_ffff, 0x8000_0000, -1, -8, 0x1000, 0x4000_0000};
    private static final RamBounds RAM = new RamBounds(GuestLayout.pvh(Pages.of(0x2000)), Pages.of(0x2000));

    private int refused;
    private int loaded;

    @ParameterizedTest
    @ValueSource(strings = {"elf", "gzip", "xz", "zstd"})
    void damagedKernelsLoadOrAreRefusedAndNothingElseHappens(String kind) {
        byte[] good = kernel(kind);
        Random random = new Random(153);
        for (int round = 0; round < ROUNDS; round++) {
            load(damaged(good, random));
        }
        assertTrue(refused > ROUNDS / 20, refused + " refused: the damage is too mild");
        assertTrue(loaded > 0, "none loaded: the damage is too heavy");
    }

    @Test
    void aKernelCutAnywhereIsRefused() {
        byte[] good = kernel("elf");
        for (int length = 0; length < good.length; length++) {
            load(Arrays.copyOf(good, length));
        }
        assertTrue(loaded == 0, loaded + " loaded");
    }

    private static byte[] kernel(String kind) {
        byte[] elf = ElfBuilder.elf64()
                .load(TestKernels.START, TestKernels.code(600), 0x3000)
                .entry(TestKernels.START + 16)
                .build();
        return switch (kind) {
            case "gzip" -> TestKernels.bzImage(TestKernels.gzip(elf));
            case "xz" -> TestKernels.bzImage(TestKernels.xz(elf));
            case "zstd" -> TestKernels.bzImage(TestKernels.zstd(elf));
            default -> elf;
        };
    }

    private static byte[] damaged(byte[] good, Random random) {
        byte[] bad = good.clone();
        for (int i = random.nextInt(3); i >= 0; i--) {
            int at = random.nextInt(bad.length - 4);
            if (random.nextBoolean()) {
                bad[at] ^= (byte) (1 << random.nextInt(8));
            } else {
                int value = TELLING[random.nextInt(TELLING.length)];
                for (int b = 0; b < 4; b++) {
                    bad[at + b] = (byte) (value >> 8 * b);
                }
            }
        }
        return random.nextInt(8) == 0 ? Arrays.copyOf(bad, random.nextInt(bad.length)) : bad;
    }

    private void load(byte[] file) {
        try {
            PvhKernel kernel = TestKernels.parse(file);
            ImagePlan plan = PvhImagePlan.of(kernel, Optional.empty(), "", 1, RAM);
            ByteArrayMemory memory = new ByteArrayMemory(0);
            plan.loadInto(memory);
            assertTrue(memory.touchedFrames().last() < 0x2000, "written outside of the RAM");
            loaded++;
        } catch (KernelImageException e) {
            assertTrue(e.getMessage().length() > 20, e.getMessage());
            refused++;
        }
    }
}
