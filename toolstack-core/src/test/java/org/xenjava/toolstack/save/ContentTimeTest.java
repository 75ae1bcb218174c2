// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.save;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class ContentTimeTest {
    private long now = 5;
    private long stored = 7;
    private final ContentTime time = new ContentTime(() -> now, () -> stored);

    private void window(long nanos, long pages) {
        time.begin();
        now += nanos;
        stored += pages;
        time.end();
    }

    @Test
    void windowsOfZeroesAndTheTimeBetweenWindowsAreLeftOut() {
        time.reset();
        window(10, 1024);
        window(1000, 0);
        now += 100;
        window(20, 1);
        assertEquals(30, time.nanos());
        time.reset();
        assertEquals(0, time.nanos());
    }
}
