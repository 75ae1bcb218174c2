// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The bytes were written by hand from Xen 4.17's public headers. */
class HostCallsTest extends HypercallBytes {
    @Test
    void physinfoIsDecoded() {
        xen.answering((op, args) -> {
            assertEquals(hex("03000000 15000000", zeros(128)), xen.hex(args[0], 136));
            xen.at(args[0])
                    .putInt(16, 4)
                    .putInt(24, 2)
                    .putInt(32, 2_400_000)
                    .putInt(36, 0x30B)
                    .putLong(48, 0x10_0000)
                    .putLong(56, 0x8_0000)
                    .putLong(64, 5)
                    .putLong(72, 6);
            return 0;
        });
        assertEquals(
                new PhysInfo(4, 2, 2_400_000, 0x30B, 0x10_0000, 0x8_0000, 5, 6),
                xenctrl.host().physInfo());
    }

    @Test
    void theConsoleIsReadUpToWhatXenFilled() {
        xen.answering((op, args) -> {
            ByteBuffer request = xen.at(args[0]);
            assertEquals(hex("01000000 15000000 00000000 00000000"), xen.hex(args[0], 16));
            assertEquals(16384, request.getInt(24));
            xen.at(request.getLong(16)).put(0, "(XEN) hello\n".getBytes(US_ASCII));
            request.putInt(24, 12);
            return 0;
        });
        assertEquals("(XEN) hello\n", xenctrl.host().readConsole(16384));
    }

    @Test
    void theExtraVersionEndsAtItsNulOrAfter16Bytes() {
        xen.answering((op, args) -> {
            xen.at(args[1]).put(0, ".7\0rubbish".getBytes(US_ASCII));
            return 0;
        });
        assertEquals(".7", xenctrl.host().extraVersion());
        xen.answering((op, args) -> {
            xen.at(args[1]).put(0, ".7+13-g2445b30a4 and more".getBytes(US_ASCII));
            return 0;
        });
        assertEquals(".7+13-g2445b30a4", xenctrl.host().extraVersion());
    }

    @Test
    void watchdogTimersAreSetById() {
        assertEquals(
                hex("00000000 1e000000"), bytesOf(29, 6, 8, () -> xenctrl.host().startWatchdog(30)));
        assertEquals(
                hex("02000000 00000000"), bytesOf(29, 6, 8, () -> xenctrl.host().setWatchdog(2, 0)));
    }

    @Test
    void theDefaultCpuPolicyIsAskedForItsSizeFirst() {
        xen.answering((op, args) -> {
            ByteBuffer request = xen.at(args[0]);
            assertEquals(hex("1d000000 15000000 05000000"), xen.hex(args[0], 12));
            long leaves = request.getLong(24);
            if (leaves == 0) {
                request.putInt(12, 120).putInt(16, 2);
            } else {
                assertEquals(120, request.getInt(12));
                xen.at(leaves).putInt(24, 0x8000_0000).putInt(24 + 8, 0x8000_0028);
                xen.at(request.getLong(32)).putInt(0, 0xCE).putLong(8, 1L << 31);
                request.putInt(12, 2).putInt(16, 1);
            }
            return 0;
        });
        CpuPolicy policy = xenctrl.host().defaultHvmCpuPolicy();
        assertEquals(2, policy.leaves().size());
        assertEquals(
                new CpuPolicy.Leaf(0x8000_0000, 0, 0x8000_0028, 0, 0, 0),
                policy.leaves().get(1));
        assertEquals(List.of(new CpuPolicy.Msr(0xCE, 0, 1L << 31)), policy.msrs());
    }
}
