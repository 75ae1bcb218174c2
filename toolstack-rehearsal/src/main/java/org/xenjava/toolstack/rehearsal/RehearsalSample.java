// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.rehearsal;

import java.time.Duration;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * The PoD counters of a guest at one time.
 *
 * @param time time since the guest was unpaused
 * @param totPages pages that the guest owns
 * @param cache pages of these in the PoD cache
 * @param entries frames that wait for a page
 */
public record RehearsalSample(Duration time, Pages totPages, Pages cache, Pages entries) {

    boolean hasCountersOf(RehearsalSample other) {
        return totPages.equals(other.totPages) && cache.equals(other.cache) && entries.equals(other.entries);
    }
}
