// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.rehearsal;

import java.time.Duration;
import java.util.List;

/**
 * One guest's counters from its start to the end of its load.
 *
 * @param trial what became of it
 * @param samples by time; the last one of a guest that crashed is what it died with
 * @param loadBegins when it began to fill its memory
 */
public record RehearsalTimeline(RehearsalTrial trial, List<RehearsalSample> samples, Duration loadBegins) {
    public RehearsalTimeline {
        samples = List.copyOf(samples);
    }
}
