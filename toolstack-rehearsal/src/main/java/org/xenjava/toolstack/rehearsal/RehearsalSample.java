// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.rehearsal;

import java.time.Duration;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * A guest's counters at one moment.
 *
 * @param time since it was unpaused
 * @param totPages pages that it owns
 * @param cache pages of these that wait for entries
 * @param entries frames that wait for a page
 */
public record RehearsalSample(Duration time, Pages totPages, Pages cache, Pages entries) {

    boolean hasCountersOf(RehearsalSample other) {
        return totPages.equals(other.totPages) && cache.equals(other.cache) && entries.equals(other.entries);
    }
}
