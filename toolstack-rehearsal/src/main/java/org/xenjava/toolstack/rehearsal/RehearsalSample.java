// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.rehearsal;

import java.time.Duration;
import org.xenjava.toolstack.xenctrl.units.PodCounters;

/**
 * The PoD counters of a guest at one time.
 *
 * @param time time since the guest was unpaused
 * @param counters the counters
 */
public record RehearsalSample(Duration time, PodCounters counters) {}
