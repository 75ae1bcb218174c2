// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.advisory;

import java.util.Optional;
import org.xenjava.toolstack.memory.KiB;
import org.xenjava.toolstack.memory.MemoryPlan;
import org.xenjava.toolstack.memory.Pages;
import org.xenjava.toolstack.memory.PodPolicy;

/**
 * What a policy makes of a guest.
 *
 * @param policy {@link PodPolicy#name}
 * @param podTarget pages that Xen is told to back; empty if the guest is not built in populate-on-demand mode
 * @param bootTarget {@code memory/target}: what the guest is told to balloon down to
 * @param slack pages by which its driver may stop short of that, and every entry still has its page
 */
public record PolicyTerms(String policy, Optional<Pages> podTarget, KiB bootTarget, Pages slack) {

    static PolicyTerms of(PodPolicy policy, MemoryPlan plan) {
        // A driver that does as it is told leaves the pages of memory/target, less the VGA hole, to be backed.
        Pages slack = plan.podTarget()
                .map(target -> target.plus(plan.shape().vgaHole())
                        .minus(plan.bootTarget().toPages()))
                .orElse(Pages.ZERO);
        return new PolicyTerms(policy.name(), plan.podTarget(), plan.bootTarget(), slack);
    }
}
