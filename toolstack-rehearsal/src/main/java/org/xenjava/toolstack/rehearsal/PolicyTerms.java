// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.rehearsal;

import java.util.Optional;
import org.xenjava.toolstack.memory.MemoryPlan;
import org.xenjava.toolstack.memory.PodPolicy;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * The numbers of a guest under a policy.
 *
 * @param policy {@link PodPolicy#name}
 * @param podTarget pages that Xen is told to back; empty if the guest is not populate-on-demand
 * @param bootTarget {@code memory/target}: the size that the guest is told to balloon down to
 * @param toFree pages that a driver without defects gives back
 * @param slack pages by which a driver may stop short while every entry still has a page
 */
public record PolicyTerms(String policy, Optional<Pages> podTarget, KiB bootTarget, Pages toFree, Pages slack) {

    static PolicyTerms of(PodPolicy policy, MemoryPlan plan) {
        // The guest counts the VGA hole as memory, but the hole has no frames.
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
