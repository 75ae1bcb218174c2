// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.rehearsal;

import java.util.Optional;
import org.xenjava.toolstack.pod.PodStatus;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * The result of one guest's trial.
 *
 * @param terms the guest's numbers under the policy
 * @param driver the balloon driver
 * @param initialDebt entries without a page when the guest was unpaused: the least that the driver has to free
 * @param ballooned pages that the driver freed in the end
 * @param settled the counters at that time
 * @param crash the line that Xen printed when the guest crashed under load; empty if the guest survived
 */
public record RehearsalTrial(
        PolicyTerms terms,
        GuestDriver driver,
        Pages initialDebt,
        Pages ballooned,
        PodStatus settled,
        Optional<String> crash) {

    /** The outcome of a trial. */
    public enum Outcome {
        /** The guest survived the load. */
        LIVED,
        /** Xen crashed the guest under load. */
        CRASHED
    }

    /** {@return the outcome of the trial} */
    public Outcome outcome() {
        return crash.isPresent() ? Outcome.CRASHED : Outcome.LIVED;
    }

    /** {@return the number of pages that the driver should have freed and did not; negative if it freed more} */
    public long shortfallPages() {
        return terms.toFree().count() - ballooned.count();
    }

    /**
     * {@return the number of pages by which the driver could have freed less; negative if that many entries have no page}
     */
    public long sparePages() {
        return ballooned.count() - initialDebt.count();
    }
}
