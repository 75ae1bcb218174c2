// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.balancer;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.balance.MemoryAnswer;

class AnswerTextTest {
    @Test
    void aPromiseNamesTheEightDonorsThatGiveMost() {
        List<MemoryAnswer.Donation> donors = IntStream.rangeClosed(1, 20)
                .mapToObj(domid -> new MemoryAnswer.Donation(domid, 100L * domid))
                .toList();
        assertEquals(
                "promised 1500 20:2000 19:1900 18:1800 17:1700 16:1600 15:1500 14:1400 13:1300",
                AnswerText.of(new MemoryAnswer.Promised(Duration.ofMillis(1500), donors)));
    }
}
