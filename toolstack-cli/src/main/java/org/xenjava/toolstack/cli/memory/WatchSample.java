// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.memory;

import java.time.Duration;
import java.util.Optional;
import org.xenjava.toolstack.pod.PodStatus;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * One look at a guest that is watched.
 *
 * @param time since the first look
 * @param pod its counters
 * @param told what its balloon driver aims at, video RAM included; empty if xenstore does not say
 */
record WatchSample(Duration time, PodStatus pod, Optional<Pages> told) {
    double seconds() {
        return time.toNanos() / 1e9;
    }

    boolean showsTheSameAs(WatchSample other) {
        return pod.equals(other.pod) && told.equals(other.told);
    }
}
