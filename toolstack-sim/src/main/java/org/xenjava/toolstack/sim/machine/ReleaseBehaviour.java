// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.machine;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.xenjava.toolstack.xenctrl.abi.HvmParam;
import org.xenjava.toolstack.xenctrl.abi.XenRelease;

/**
 * The differences between Xen releases beyond the layouts that {@code XenAbi} describes. A further release is a
 * further row here.
 *
 * @param extraVersion text after the release number
 * @param createFlags {@code XEN_DOMCTL_CDF_*} that createdomain accepts, without those for integrity, IOMMU and vPMU
 * @param hvmEmulationFlags values of {@code emulation_flags} that an HVM guest may have
 * @param grantOptions values of {@code grant_opts} that createdomain accepts; 0 where there is no such field
 * @param physCapabilities {@code XEN_SYSCTL_PHYSCAP_*} of a host with HVM, PV and HAP
 * @param viridianFeatures bits of {@code HVM_PARAM_VIRIDIAN}
 * @param refusedParams indices of HVM parameters that became part of createdomain, with what a write gets
 * @param localApicBytes size of the save record of a local APIC
 * @param missingDomain what getdomaininfo answers for a domain that does not exist
 * @param automaticDomids createdomain's domids that ask for a free one
 * @param podCrashSourceLine source line in {@code domain_crash called from}
 */
public record ReleaseBehaviour(
        String extraVersion,
        int createFlags,
        List<Integer> hvmEmulationFlags,
        List<Integer> grantOptions,
        int physCapabilities,
        int viridianFeatures,
        Set<RefusedParam> refusedParams,
        int localApicBytes,
        MissingDomain missingDomain,
        AutomaticDomids automaticDomids,
        String podCrashSourceLine) {

    /** The answer of getdomaininfo for a domain that does not exist. */
    public enum MissingDomain {
        NEXT_HIGHER,
        ESRCH
    }

    /** The domids that ask createdomain for a free one. */
    public enum AutomaticDomids {
        ZERO_AND_RESERVED,
        DOMID_ANY_ONLY
    }

    /** HVM parameters that became part of createdomain. */
    public enum RefusedParam {
        NESTEDHVM,
        ALTP2M
    }

    private static final int NESTEDHVM = 24;
    private static final int WITHOUT_NESTED = 0x1 | 0x2 | 0x8 | 0x10;
    private static final int WITH_NESTED = WITHOUT_NESTED | 0x40;
    private static final List<Integer> NO_GRANT_FIELD = List.of(0);
    private static final List<Integer> GRANT_1_OR_2 = List.of(1, 2);
    private static final List<Integer> ALL_DEVICES = List.of(0x3ff);
    private static final List<Integer> PIRQ_OPTIONAL = List.of(0x3ff, 0x1ff);
    private static final int NO_GRANT_BITS = 0xb;
    private static final int GRANT_BITS = 0x30b;
    private static final Set<RefusedParam> NESTED = Set.of(RefusedParam.NESTEDHVM);
    private static final Set<RefusedParam> BOTH = Set.of(RefusedParam.NESTEDHVM, RefusedParam.ALTP2M);

    private static final Map<Integer, ReleaseBehaviour> BY_MINOR = Map.of(
            14, early(".6", WITHOUT_NESTED, NO_GRANT_FIELD, NO_GRANT_BITS, 0x3ff, Set.of(), "p2m-pod.c:1254"),
            15, early(".7", WITH_NESTED, NO_GRANT_FIELD, NO_GRANT_BITS, 0x1fff, NESTED, "p2m-pod.c:1282"),
            16, early(".7", WITH_NESTED, GRANT_1_OR_2, GRANT_BITS, 0x1fff, NESTED, "p2m-pod.c:1296"),
            17, early(".7", WITH_NESTED, GRANT_1_OR_2, GRANT_BITS, 0x1fff, NESTED, "arch/x86/mm/p2m-pod.c:1304"),
            18, late(".6", ALL_DEVICES, NESTED, AutomaticDomids.ZERO_AND_RESERVED, 1292),
            19, late(".6", PIRQ_OPTIONAL, BOTH, AutomaticDomids.ZERO_AND_RESERVED, 1281),
            20, late(".4", PIRQ_OPTIONAL, BOTH, AutomaticDomids.ZERO_AND_RESERVED, 1277),
            21, late(".2", PIRQ_OPTIONAL, BOTH, AutomaticDomids.ZERO_AND_RESERVED, 1277),
            22, late(".0", PIRQ_OPTIONAL, BOTH, AutomaticDomids.DOMID_ANY_ONLY, 1280));

    private static final int NEWEST = 22;

    private static ReleaseBehaviour early(
            String extraVersion,
            int createFlags,
            List<Integer> grantOptions,
            int physCapabilities,
            int viridianFeatures,
            Set<RefusedParam> refusedParams,
            String podCrashSourceLine) {
        return new ReleaseBehaviour(
                extraVersion,
                createFlags,
                ALL_DEVICES,
                grantOptions,
                physCapabilities,
                viridianFeatures,
                refusedParams,
                24,
                MissingDomain.NEXT_HIGHER,
                AutomaticDomids.ZERO_AND_RESERVED,
                podCrashSourceLine);
    }

    private static ReleaseBehaviour late(
            String extraVersion,
            List<Integer> hvmEmulationFlags,
            Set<RefusedParam> refusedParams,
            AutomaticDomids automaticDomids,
            int podCrashLine) {
        return new ReleaseBehaviour(
                extraVersion,
                WITH_NESTED,
                hvmEmulationFlags,
                GRANT_1_OR_2,
                GRANT_BITS,
                0x1fff,
                refusedParams,
                32,
                MissingDomain.ESRCH,
                automaticDomids,
                "arch/x86/mm/p2m-pod.c:" + podCrashLine);
    }

    /**
     * The behaviour of that release; of the newest one for a release that is not out yet.
     *
     * @throws IllegalArgumentException if it is older than those described here
     */
    public static ReleaseBehaviour of(XenRelease release) {
        ReleaseBehaviour behaviour = BY_MINOR.get(Math.min(release.minor(), NEWEST));
        if (behaviour == null || release.major() != XenRelease.V4_14.major()) {
            throw new IllegalArgumentException("the simulation does not know Xen " + release);
        }
        return behaviour;
    }

    /** Whether a write of that HVM parameter gets EINVAL because it is part of createdomain. */
    public boolean isNestedParamRefused(int index) {
        return index == NESTEDHVM && refusedParams.contains(RefusedParam.NESTEDHVM);
    }

    /** Whether a write of that HVM parameter gets EEXIST because it is part of createdomain. */
    public boolean isAltp2mParamRefused(int index) {
        return index == HvmParam.ALTP2M.index() && refusedParams.contains(RefusedParam.ALTP2M);
    }
}
