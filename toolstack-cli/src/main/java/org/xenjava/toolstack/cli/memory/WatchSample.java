// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.memory;

import java.time.Duration;
import java.util.Optional;
import org.xenjava.toolstack.pod.PodStatus;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * One reading of a guest.
 *
 * @param time time since the first reading
 * @param pod counters of the guest
 * @param told the balloon driver's target, video RAM included; empty if xenstore has none
 */
record WatchSample(Duration time, PodStatus pod, Optional<Pages> told) {
    double seconds() {
        return time.toNanos() / 1e9;
    }

    boolean showsTheSameAs(WatchSample other) {
        return pod.equals(other.pod) && told.equals(other.told);
    }
}
