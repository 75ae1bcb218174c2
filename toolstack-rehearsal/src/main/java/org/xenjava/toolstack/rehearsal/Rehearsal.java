// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.rehearsal;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.xenjava.toolstack.config.DomainConfig;

/**
 * The result of a rehearsal.
 *
 * @param guest the configuration that was rehearsed
 * @param terms the guest's numbers under each policy, in the requested order
 * @param drivers the balloon drivers, in the requested order
 * @param trials one trial for each driver and policy: all policies of the first driver, then those of the next
 * @param backedBoot the trial of a guest without a balloon driver under the default policy, while the host backs every
 *     frame from before its start (the default of {@code xlj create}); empty if memory is maxmem
 * @param missingFiles files of the guest that do not exist here and were replaced by placeholders
 */
public record Rehearsal(
        DomainConfig guest,
        List<PolicyTerms> terms,
        List<GuestDriver> drivers,
        List<RehearsalTrial> trials,
        Optional<RehearsalTrial> backedBoot,
        List<Path> missingFiles) {
    /**
     * Copies the collections, so that the record is immutable.
     *
     * @param guest the configuration that was rehearsed
     * @param terms the guest's numbers under each policy, in the requested order
     * @param drivers the balloon drivers, in the requested order
     * @param trials one trial for each driver and policy: all policies of the first driver, then those of the next
     * @param backedBoot the trial of a guest without a balloon driver whose boot is backed, if there was one
     * @param missingFiles files of the guest that do not exist here and were replaced by placeholders
     */
    public Rehearsal {
        terms = List.copyOf(terms);
        drivers = List.copyOf(drivers);
        trials = List.copyOf(trials);
        missingFiles = List.copyOf(missingFiles);
    }

    /**
     * {@return the trial of a driver under a policy}
     *
     * @param driver one of {@link #drivers}
     * @param under the policy, one of {@link #terms}
     * @throws IllegalArgumentException if there was no such trial
     */
    public RehearsalTrial trial(GuestDriver driver, PolicyTerms under) {
        return trials.stream()
                .filter(trial -> trial.driver().equals(driver) && trial.terms().equals(under))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no trial of " + driver.name() + " under " + under));
    }

    /**
     * {@return whether every guest survived whose driver stopped short by no more than the slack of that policy}
     *
     * @param under the policy, one of {@link #terms}
     */
    public boolean keepsItsPromise(PolicyTerms under) {
        return trials.stream()
                .filter(trial -> trial.terms().equals(under)
                        && trial.shortfallPages() <= under.slack().count())
                .allMatch(trial -> trial.outcome() == RehearsalTrial.Outcome.LIVED);
    }
}
