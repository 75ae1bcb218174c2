// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.resize;

import java.util.Optional;
import org.xenjava.toolstack.memory.GuestShape;
import org.xenjava.toolstack.memory.PodPolicy;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;
import org.xenjava.toolstack.xenctrl.units.PodCounters;

/**
 * The decision of a mem-set, computed from the values that were read.
 *
 * @param maxMem the domain's new max_mem
 * @param podTarget the PoD target to set, if the cache has to grow
 * @param total pages that the domain will own; the host must have the pages that it lacks
 * @param target {@code memory/target}
 * @param loan the host's loan, as it counts with the new size
 */
record ResizeDecision(KiB maxMem, Optional<Pages> podTarget, Pages total, KiB target, Optional<Loan> loan) {
    /** The decision for a PV domain, which only balloons. */
    static ResizeDecision ofBallooning(PodPolicy policy, KiB memory) {
        GuestShape shape = GuestShape.pvh(memory, memory);
        return new ResizeDecision(
                policy.maxMem(shape), Optional.empty(), memory.toPages(), policy.resizeTarget(shape), Optional.empty());
    }

    static ResizeDecision of(PodPolicy policy, MemoryNodes nodes, PodCounters counters, KiB memory) {
        GuestShape shape = new GuestShape(memory, nodes.staticMax(), nodes.videoRam(), Pages.ZERO);
        KiB backed = nodes.backed().orElse(nodes.size());
        KiB bySize = policy.maxMem(shape);
        // The domain keeps its loan until it has ballooned.
        KiB maxMem = nodes.loan().isPresent()
                ? bySize.max(Pages.of(counters.totPages()).toKiB())
                : bySize;
        Optional<Pages> podTarget =
                policy.resizePodTarget(shape, backed, counters).map(target -> target.min(maxMem.toPages()));
        long growth = memory.toPages().count() - nodes.size().toPages().count();
        return new ResizeDecision(
                maxMem,
                podTarget,
                podTarget.orElse(memory.toPages()),
                policy.resizeTarget(shape),
                nodes.loan()
                        .map(loan -> loan.resized(
                                growth,
                                bySize.toPages().count(),
                                maxMem.toPages().count())));
    }
}
