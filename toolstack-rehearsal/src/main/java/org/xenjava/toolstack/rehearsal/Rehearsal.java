// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.rehearsal;

import java.nio.file.Path;
import java.util.List;
import org.xenjava.toolstack.config.DomainConfig;

/**
 * What a rehearsal has shown.
 *
 * @param guest what was built
 * @param terms what each policy makes of it, in the order asked for
 * @param drivers the balloon drivers, in the order asked for
 * @param trials one per driver and policy: all policies of the first driver, then those of the next
 * @param missingFiles files that the guest names and that do not exist here; a {@link org.xenjava.toolstack.image.TinyKernel} stood in for each
 */
public record Rehearsal(
        DomainConfig guest,
        List<PolicyTerms> terms,
        List<GuestDriver> drivers,
        List<RehearsalTrial> trials,
        List<Path> missingFiles) {
    public Rehearsal {
        terms = List.copyOf(terms);
        drivers = List.copyOf(drivers);
        trials = List.copyOf(trials);
        missingFiles = List.copyOf(missingFiles);
    }

    /** The trial of a driver under a policy, which must be among those asked for. */
    public RehearsalTrial trial(GuestDriver driver, PolicyTerms under) {
        return trials.stream()
                .filter(trial -> trial.driver().equals(driver) && trial.terms().equals(under))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no trial of " + driver.name() + " under " + under));
    }

    /** Whether under these terms every guest has lived whose driver stopped short by no more than the slack. */
    public boolean keepsItsPromise(PolicyTerms under) {
        return trials.stream()
                .filter(trial -> trial.terms().equals(under)
                        && trial.shortfallPages() <= under.slack().count())
                .allMatch(trial -> trial.outcome() == RehearsalTrial.Outcome.LIVED);
    }
}
