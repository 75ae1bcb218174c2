// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl;

import java.util.OptionalInt;
import java.util.UUID;

/**
 * The arguments of {@code XEN_DOMCTL_createdomain} that differ between domains. The other arguments are libxl's (CPU
 * pool 0).
 *
 * @param handle the domain's UUID
 * @param flags {@code XEN_DOMCTL_CDF_*}
 * @param emulationFlags {@code XEN_X86_EMU_*}
 * @param maxVcpus 1 … 128
 * @param grantVersion highest grant table version that the guest may select, 1 or 2
 * @param limits limits of Xen's resources for the domain
 * @param extras what few domains have
 */
public record CreateDomain(
        UUID handle, int flags, int emulationFlags, int maxVcpus, int grantVersion, Limits limits, Extras extras) {

    /**
     * Properties that few domains have, each 0 in others. A release that lacks the field ignores the value.
     *
     * @param vmtraceBytes size of each vCPU's buffer for a processor trace; a power of two
     * @param miscFlags {@code XEN_X86_MSR_RELAXED}
     * @param altp2mMode {@code XEN_DOMCTL_ALTP2M_*}
     * @param altp2mCount number of alternate p2ms; 0 for the hypervisor's default
     * @param iommuOptions {@code XEN_DOMCTL_IOMMU_*}
     * @param label number of the security label ({@code ssidref}); 0 for the default of Xen's policy
     */
    public record Extras(
            int vmtraceBytes, int miscFlags, int altp2mMode, int altp2mCount, int iommuOptions, int label) {
        /** None. */
        public static final Extras NONE = new Extras(0, 0, 0, 0, 0, 0);
    }

    /**
     * Limits of Xen's resources for a domain.
     *
     * @param grantFrames pages of the grant table; empty for the hypervisor's default
     * @param maptrackFrames pages that track mapped grants; empty for the hypervisor's default
     * @param eventChannelPort the highest event channel
     */
    public record Limits(OptionalInt grantFrames, OptionalInt maptrackFrames, int eventChannelPort) {
        /** libxl's limits: 1023 event channels, and the hypervisor's default numbers of grant frames. */
        public static final Limits DEFAULT = new Limits(OptionalInt.empty(), OptionalInt.empty(), 1023);
    }

    /** Creates the arguments with the default limits. */
    public CreateDomain(UUID handle, int flags, int emulationFlags, int maxVcpus, int grantVersion) {
        this(handle, flags, emulationFlags, maxVcpus, grantVersion, Limits.DEFAULT, Extras.NONE);
    }
}
