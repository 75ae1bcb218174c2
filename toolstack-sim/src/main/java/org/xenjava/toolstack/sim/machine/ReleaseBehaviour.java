// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.machine;

import java.util.List;
import java.util.Map;
import org.xenjava.toolstack.xenctrl.abi.XenRelease;

/**
 * The differences between Xen releases beyond the layouts that {@code XenAbi} describes. A further release is a
 * further row here.
 *
 * @param extraVersion text after the release number
 * @param hvmEmulationFlags values of {@code emulation_flags} that an HVM guest may have
 * @param grantOptions values of {@code grant_opts} that createdomain accepts
 * @param missingDomainGivesNext whether getdomaininfo of a missing domain answers for the next higher one
 * @param automaticDomids createdomain's domids that mean "any": 0 and the reserved ones, or DOMID_ANY only
 * @param podCrashSourceLine source line in {@code domain_crash called from}
 */
public record ReleaseBehaviour(
        String extraVersion,
        List<Integer> hvmEmulationFlags,
        List<Integer> grantOptions,
        boolean missingDomainGivesNext,
        boolean automaticDomids,
        String podCrashSourceLine) {

    private static final Map<XenRelease, ReleaseBehaviour> ALL = Map.of(
            XenRelease.V4_17,
            new ReleaseBehaviour(".7", List.of(0x3ff), List.of(1, 2), true, true, "arch/x86/mm/p2m-pod.c:1304"));

    /**
     * The behaviour of that release.
     *
     * @throws IllegalArgumentException if it is not described here
     */
    public static ReleaseBehaviour of(XenRelease release) {
        ReleaseBehaviour behaviour = ALL.get(release);
        if (behaviour == null) {
            throw new IllegalArgumentException("the simulation does not know Xen " + release);
        }
        return behaviour;
    }
}
