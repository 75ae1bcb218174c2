// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.pod;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.xenjava.toolstack.xenctrl.units.PodCounters;

class PodStatusTest {
    @ParameterizedTest
    @CsvSource({
        "0, 1, 1, VULNERABLE",
        "1024, 1224, 200, VULNERABLE",
        "9, 9, 0, NOT_VULNERABLE",
        "0, 0, 0, NOT_USING_POD",
        "5, 3, -2, SHOULD_NOT_HAPPEN"
    })
    void theVerdictFollowsTheDebt(long cache, long entries, long debt, PodVerdict verdict) {
        PodStatus status = new PodStatus(7, "guest", new PodCounters(2265, cache, entries));
        assertEquals(debt, status.debtPages());
        assertEquals(verdict, status.verdict());
    }
}
