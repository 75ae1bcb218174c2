// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The arithmetic of real drivers: by how much each ends short of what populate-on-demand needs. */
class BalloonFamilyTest {
    private static final long MMIO_HOLE = 65_536;
    private static final long HOLE_START = 0xf0000;

    private static BalloonKeys keys(long target, long staticMax, long video) {
        return new BalloonKeys(OptionalLong.of(target), OptionalLong.of(staticMax), OptionalLong.of(video));
    }

    /** An HVM guest of that size, with firmware that hides nothing but its part of the first MiB. */
    private static BalloonFamily.View hvm(long memoryKib, long maxKib, long videoKib, long slackKib) {
        long nominal = (maxKib - videoKib) / 4;
        BalloonKeys keys = keys(memoryKib - videoKib - slackKib, maxKib, videoKib);
        long highest = nominal > HOLE_START ? nominal + MMIO_HOLE : nominal;
        return new BalloonFamily.View(keys, keys, nominal, nominal - 98, highest, (memoryKib + 64) / 4);
    }

    private static BalloonFamily.View pvh(long memoryKib, long maxKib, long slackKib) {
        BalloonKeys keys = keys(memoryKib - slackKib, maxKib, 0);
        return new BalloonFamily.View(keys, keys, maxKib / 4, maxKib / 4 - 97, maxKib / 4, memoryKib / 4 + 17);
    }

    private static long shortfall(BalloonFamily family, BalloonFamily.View view, long memoryKib, long maxKib) {
        return (maxKib - memoryKib) / 4 - family.held(view).orElseThrow();
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
        BalloonFamily.View view = hvm(memory, max, video, slack);
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
        BalloonFamily.View view = pvh(memory, max, slack);
        assertEquals(l2, shortfall(BalloonFamily.LINUX_3_13_TO_4_12, view, memory, max));
        assertEquals(l4, shortfall(BalloonFamily.LINUX, view, memory, max));
    }

    @Test
    void linux413FreesNothingAtBoot() {
        assertEquals(OptionalLong.of(0), BalloonFamily.LINUX_4_13.held(pvh(262144, 524288, 0)));
    }

    @Test
    void withoutStaticMaxLinuxOfTheMiddleYearsFreesNothingAndWindowsWaits() {
        BalloonKeys xend = new BalloonKeys(OptionalLong.of(524288), OptionalLong.empty(), OptionalLong.empty());
        BalloonFamily.View view = new BalloonFamily.View(xend, xend, 262144, 262046, 262144, 131072);
        assertEquals(OptionalLong.of(0), BalloonFamily.LINUX_4_14_TO_5_5.held(view));
        assertEquals(OptionalLong.of(262046 - 131072), BalloonFamily.LINUX.held(view));
        assertEquals(OptionalLong.empty(), BalloonFamily.WINDOWS.held(view));
        assertEquals(OptionalLong.empty(), BalloonFamily.WINDOWS_EARLY.held(view));
    }

    @ParameterizedTest
    @CsvSource({"65536, 8192, 40", "262144, 8192, 104", "1048576, 8192, 232", "4194304, 8192, 424"})
    void freeBsdDoesNotGoBelowItsMinimum(long nominalKib, long targetKib, long minimumMib) {
        BalloonKeys keys = keys(targetKib, nominalKib, 0);
        BalloonFamily.View view = new BalloonFamily.View(keys, keys, nominalKib / 4, 0, 0, 0);
        assertEquals(OptionalLong.of(nominalKib / 4 - minimumMib * 256), BalloonFamily.FREEBSD.held(view));
    }

    @Test
    void netBsdSeesOnlyWhatItOwnsAndNeverReachesTheTarget() {
        assertEquals(OptionalLong.of(17), BalloonFamily.NETBSD.held(pvh(262144, 524288, 0)));
    }
}
