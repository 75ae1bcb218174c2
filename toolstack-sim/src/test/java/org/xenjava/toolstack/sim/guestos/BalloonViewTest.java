// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.guestos;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.xenjava.toolstack.sim.guest.BalloonFamily;

/** The arithmetic of real drivers: the shortfall of each from the pages that populate-on-demand needs. */
class BalloonViewTest {
    private static final long MMIO_HOLE = 65_536;
    private static final long HOLE_START = 0xf0000;

    private static BalloonKeys keys(long target, long staticMax, long video) {
        return new BalloonKeys(OptionalLong.of(target), OptionalLong.of(staticMax), OptionalLong.of(video));
    }

    /** An HVM guest of that size, with firmware that hides only its part of the first MiB. */
    private static BalloonView hvm(long memoryKib, long maxKib, long videoKib, long slackKib) {
        long nominal = (maxKib - videoKib) / 4;
        BalloonKeys keys = keys(memoryKib - videoKib - slackKib, maxKib, videoKib);
        long highest = nominal > HOLE_START ? nominal + MMIO_HOLE : nominal;
        return new BalloonView(keys, keys, nominal, nominal - 98, highest, (memoryKib + 64) / 4);
    }

    private static BalloonView pvh(long memoryKib, long maxKib, long slackKib) {
        BalloonKeys keys = keys(memoryKib - slackKib, maxKib, 0);
        return new BalloonView(keys, keys, maxKib / 4, maxKib / 4 - 97, maxKib / 4, memoryKib / 4 + 17);
    }

    private static long shortfall(BalloonFamily family, BalloonView view, long memoryKib, long maxKib) {
        return (maxKib - memoryKib) / 4 - view.held(family).orElseThrow();
    }

    @ParameterizedTest
    @CsvSource({
        "524288, 1048576, 8192, 0, 0, 98, -2048, 0",
        "524288, 1048576, 8192, 1024, -256, -158, -2304, -256",
        "2097152, 3145728, 8192, 0, 0, 98, -2048, 0",
        "2097152, 8388608, 16384, 0, -65536, 98, -4096, 0",
        "2097152, 8388608, 16384, 1024, -65792, -158, -4352, -256",
        "409600, 4096000, 8192, 0, -65536, 98, -2048, 0"
    })
    void hvmGuestsEndShortByTheFamilysError(
            long memory, long max, long video, long slack, long l1, long l2, long l4, long windows) {
        BalloonView view = hvm(memory, max, video, slack);
        assertEquals(l1, shortfall(BalloonFamily.LINUX_UP_TO_3_12, view, memory, max));
        assertEquals(l2, shortfall(BalloonFamily.LINUX_3_13_TO_4_12, view, memory, max));
        assertEquals(l4, shortfall(BalloonFamily.LINUX, view, memory, max));
        assertEquals(l4, shortfall(BalloonFamily.LINUX_4_14_TO_5_5, view, memory, max));
        assertEquals(windows, shortfall(BalloonFamily.WINDOWS, view, memory, max));
        assertEquals(windows - video / 4, shortfall(BalloonFamily.WINDOWS_EARLY, view, memory, max));
    }

    @ParameterizedTest
    @CsvSource({"262144, 524288, 0, 97, 0", "262144, 524288, 1024, -159, -256", "2097152, 8388608, 0, 97, 0"})
    void pvhGuestsEndShortByTheFamilysError(long memory, long max, long slack, long l2, long l4) {
        BalloonView view = pvh(memory, max, slack);
        assertEquals(l2, shortfall(BalloonFamily.LINUX_3_13_TO_4_12, view, memory, max));
        assertEquals(l4, shortfall(BalloonFamily.LINUX, view, memory, max));
    }

    @Test
    void linux413FreesNothingAtBoot() {
        assertEquals(OptionalLong.of(0), pvh(262144, 524288, 0).held(BalloonFamily.LINUX_4_13));
    }

    @Test
    void withoutStaticMaxLinux414FreesNothingAndWindowsWaits() {
        BalloonKeys xend = new BalloonKeys(OptionalLong.of(524288), OptionalLong.empty(), OptionalLong.empty());
        BalloonView view = new BalloonView(xend, xend, 262144, 262046, 262144, 131072);
        assertEquals(OptionalLong.of(0), view.held(BalloonFamily.LINUX_4_14_TO_5_5));
        assertEquals(OptionalLong.of(262046 - 131072), view.held(BalloonFamily.LINUX));
        assertEquals(OptionalLong.empty(), view.held(BalloonFamily.WINDOWS));
        assertEquals(OptionalLong.empty(), view.held(BalloonFamily.WINDOWS_EARLY));
    }

    @ParameterizedTest
    @CsvSource({"65536, 8192, 40", "262144, 8192, 104", "1048576, 8192, 232", "4194304, 8192, 424"})
    void freeBsdDoesNotGoBelowItsMinimum(long nominalKib, long targetKib, long minimumMib) {
        BalloonKeys keys = keys(targetKib, nominalKib, 0);
        BalloonView view = new BalloonView(keys, keys, nominalKib / 4, 0, 0, 0);
        assertEquals(OptionalLong.of(nominalKib / 4 - minimumMib * 256), view.held(BalloonFamily.FREEBSD));
    }

    @Test
    void netBsdCountsOnlyPagesThatItOwnsAndNeverReachesTheTarget() {
        assertEquals(OptionalLong.of(17), pvh(262144, 524288, 0).held(BalloonFamily.NETBSD));
    }
}
