// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.rehearsal;

import java.util.Optional;
import org.xenjava.toolstack.memory.MemoryPlan;
import org.xenjava.toolstack.memory.PodPolicy;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * What a policy makes of a guest.
 *
 * @param policy {@link PodPolicy#name}
 * @param podTarget pages that Xen is told to back; empty if the guest is not built in populate-on-demand mode
 * @param bootTarget {@code memory/target}: what the guest is told to balloon down to
 * @param toFree pages that a driver gives back which does as it is told
 * @param slack pages by which a driver may stop short of that, and every entry still has its page
 */
public record PolicyTerms(String policy, Optional<Pages> podTarget, KiB bootTarget, Pages toFree, Pages slack) {

    static PolicyTerms of(PodPolicy policy, MemoryPlan plan) {
        // The VGA hole is part of what the guest believes to have, and has no frames.
        Pages hole = plan.shape().vgaHole();
        Pages told = plan.bootTarget().toPages();
        return new PolicyTerms(
                policy.name(),
                plan.podTarget(),
                plan.bootTarget(),
                plan.shape().frames().plus(hole).minus(told),
                plan.podTarget().map(target -> target.plus(hole).minus(told)).orElse(Pages.ZERO));
    }
}
