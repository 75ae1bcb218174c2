// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.xenctrl.CpuCalls.PinOverride;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;
import org.xenjava.toolstack.xenctrl.units.CpuSet;
import org.xenjava.toolstack.xenctrl.units.Scheduler;

/** Calls about CPUs and pools. The bytes were written by hand from Xen 4.17's public headers. */
class PoolCallsTest extends HypercallBytes {
    @BeforeEach
    void tellTheNumberOfCpus() {
        xen.answering((op, args) -> {
            xen.at(args[0]).putInt(20, 9);
            return 0;
        });
        assertEquals(10, xenctrl.cpus().count());
    }

    @Test
    void anAffinityIsTwoBitmapsThatXenWritesBack() {
        List<String> seen = new ArrayList<>();
        xen.answering((op, args) -> {
            ByteBuffer call = xen.at(args[0]);
            seen.add(xen.hex(args[0], 24));
            seen.add(xen.hex(call.getLong(24), 2) + xen.hex(call.getLong(40), 2));
            assertEquals(16, call.getInt(32));
            assertEquals(16, call.getInt(48));
            xen.at(call.getLong(24)).put(0, (byte) 1);
            return 0;
        });
        Affinity effective = xenctrl.cpus()
                .setAffinity(5, 3, Optional.of(CpuSet.of(0, 9)), Optional.of(CpuSet.of(1)), PinOverride.END);
        assertEquals(List.of(hex("09000000 15000000 0500 000000000000 03000000 07000000"), hex("0102 0200")), seen);
        assertEquals(new Affinity(CpuSet.of(0, 9), CpuSet.of(1)), effective);
    }

    @Test
    void anAffinityThatIsNotGivenIsNotSet() {
        assertEquals(
                hex("09000000 15000000 0500 000000000000 00000000 02000000"), bytesOf(DOMCTL, 24, () -> xenctrl.cpus()
                        .setAffinity(5, 0, Optional.empty(), Optional.of(CpuSet.of(1)), PinOverride.KEEP)));
    }

    @Test
    void aVcpuIsRead() {
        xen.answering((op, args) -> {
            assertEquals(hex("0e000000 15000000 0500 000000000000 02000000"), xen.hex(args[0], 20));
            xen.at(args[0]).put(20, (byte) 1).put(21, (byte) 1).putLong(24, 77).putInt(32, 8);
            return 0;
        });
        assertEquals(new VcpuInfo(true, true, false, 77, 8), xenctrl.cpus().vcpu(5, 2));
    }

    @Test
    void poolsAreListedUntilThereIsNone() {
        xen.answering((op, args) -> {
            ByteBuffer call = xen.at(args[0]);
            assertEquals(3, call.getInt(8));
            if (call.getInt(12) > 4) {
                throw new XenLibException("xencall", Errno.ENOENT);
            }
            int pool = call.getInt(12) == 0 ? 0 : 4;
            call.putInt(12, pool).putInt(16, 6 - pool / 4).putInt(28, 1);
            xen.at(call.getLong(32)).put(0, (byte) (pool == 0 ? 0x07 : 0x08));
            return 0;
        });
        assertEquals(
                List.of(
                        new PoolInfo(0, Scheduler.CREDIT2.id(), 1, CpuSet.range(0, 2)),
                        new PoolInfo(4, Scheduler.CREDIT.id(), 1, CpuSet.of(3))),
                xenctrl.pools().list());
    }

    @Test
    void poolOperationsAreEncoded() {
        String sysctl = "12000000 15000000 ";
        assertEquals(hex(sysctl, "01000000 ffffffff 05000000 00000000"), bytesOf(SYSCTL, 24, () -> xenctrl.pools()
                .create(Scheduler.CREDIT)));
        assertEquals(hex(sysctl, "02000000 07000000 00000000"), bytesOf(SYSCTL, 20, () -> xenctrl.pools()
                .destroy(7)));
        assertEquals(
                hex(sysctl, "04000000 07000000 00000000 00000000 03000000"),
                bytesOf(SYSCTL, 28, () -> xenctrl.pools().addCpu(7, 3)));
        assertEquals(
                hex(sysctl, "05000000 07000000 00000000 00000000 03000000"),
                bytesOf(SYSCTL, 28, () -> xenctrl.pools().removeCpu(7, 3)));
        assertEquals(hex(sysctl, "06000000 07000000 00000000 05000000"), bytesOf(SYSCTL, 24, () -> xenctrl.pools()
                .moveDomain(5, 7)));
    }

    @Test
    void sharesAndParametersAreEncoded() {
        assertEquals(
                hex("10000000 15000000 0500 000000000000 06000000 00000000 e803 3200"),
                bytesOf(DOMCTL, 28, () -> xenctrl.pools()
                        .setShare(5, Scheduler.CREDIT2, new PoolCalls.Share(1000, 50))));
        assertEquals(
                hex("13000000 15000000 02000000 05000000 00000000 00000000 14000000 d0070000 01000000"),
                bytesOf(SYSCTL, 36, () -> xenctrl.pools()
                        .setParameters(
                                2,
                                Scheduler.CREDIT,
                                new PoolCalls.Parameters(OptionalInt.of(20), 2000, OptionalInt.of(1)))));
    }

    /** A vCPU may be pinned to the CPU for the moment. libxc tries five times. */
    @Test
    void aCpuInUseIsRemovedAgainAFewTimes() {
        int[] tries = {0};
        xen.answering((op, args) -> {
            if (++tries[0] < 3) {
                throw new XenLibException("xencall", Errno.EADDRINUSE);
            }
            return 0;
        });
        xenctrl.pools().removeCpu(0, 3);
        assertEquals(3, tries[0]);
        xen.answering((op, args) -> {
            tries[0]++;
            throw new XenLibException("xencall", Errno.EADDRINUSE);
        });
        assertThrows(HypercallException.class, () -> xenctrl.pools().removeCpu(0, 3));
        assertEquals(8, tries[0]);
    }
}
