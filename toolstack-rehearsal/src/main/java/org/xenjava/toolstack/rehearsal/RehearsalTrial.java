// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.rehearsal;

import java.util.Optional;
import org.xenjava.toolstack.pod.PodStatus;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * What became of one guest.
 *
 * @param terms what its policy made of it
 * @param driver its balloon driver
 * @param initialDebt entries without a page when it was unpaused: what its driver has to free, at least
 * @param ballooned pages that its driver has freed in the end
 * @param settled its counters then
 * @param crash what Xen printed when it killed the guest under load, if it did
 */
public record RehearsalTrial(
        PolicyTerms terms,
        GuestDriver driver,
        Pages initialDebt,
        Pages ballooned,
        PodStatus settled,
        Optional<String> crash) {

    /** How it ended. */
    public enum Outcome {
        LIVED,
        CRASHED
    }

    public Outcome outcome() {
        return crash.isPresent() ? Outcome.CRASHED : Outcome.LIVED;
    }

    /** Pages that its driver should have freed and has not; negative: that it has freed besides. */
    public long shortfallPages() {
        return terms.toFree().count() - ballooned.count();
    }

    /** How many fewer pages the driver might have freed without leaving an entry bare; negative: how many are bare. */
    public long sparePages() {
        return ballooned.count() - initialDebt.count();
    }
}
