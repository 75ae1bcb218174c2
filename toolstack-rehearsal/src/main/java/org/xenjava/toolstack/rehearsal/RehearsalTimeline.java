// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.rehearsal;

import java.time.Duration;
import java.util.List;

/**
 * The counters of a guest from its start to the end of its load.
 *
 * @param trial the result of the trial
 * @param samples samples by time; the last sample of a guest that crashed is from the crash
 * @param loadBegins time at which the guest began to fill its memory
 */
public record RehearsalTimeline(RehearsalTrial trial, List<RehearsalSample> samples, Duration loadBegins) {
    /**
     * Copies the collections, so that the record is immutable.
     *
     * @param trial the result of the trial
     * @param samples samples by time; the last sample of a guest that crashed is from the crash
     * @param loadBegins time at which the guest began to fill its memory
     */
    public RehearsalTimeline {
        samples = List.copyOf(samples);
    }
}
