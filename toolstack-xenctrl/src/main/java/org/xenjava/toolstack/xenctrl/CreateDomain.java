// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl;

import java.util.OptionalInt;
import java.util.UUID;

/**
 * Arguments of {@code XEN_DOMCTL_createdomain} that differ between domains; the rest is as libxl gives it (CPU pool 0).
 *
 * @param handle the domain's UUID
 * @param flags {@code XEN_DOMCTL_CDF_*}
 * @param emulationFlags {@code XEN_X86_EMU_*}
 * @param maxVcpus 1 … 128
 * @param grantVersion highest grant table version that the guest may select, 1 or 2
 * @param limits what the domain may have at most
 */
public record CreateDomain(UUID handle, int flags, int emulationFlags, int maxVcpus, int grantVersion, Limits limits) {

    /**
     * What a domain may have at most.
     *
     * @param grantFrames pages of its grant table; without a value, the hypervisor's default
     * @param maptrackFrames pages that track the grants that it has mapped; without a value, the hypervisor's default
     * @param eventChannelPort its highest event channel
     */
    public record Limits(OptionalInt grantFrames, OptionalInt maptrackFrames, int eventChannelPort) {
        /** libxl's: 1023 event channels, and the hypervisor's default grant frames. */
        public static final Limits DEFAULT = new Limits(OptionalInt.empty(), OptionalInt.empty(), 1023);
    }

    /** With the default limits. */
    public CreateDomain(UUID handle, int flags, int emulationFlags, int maxVcpus, int grantVersion) {
        this(handle, flags, emulationFlags, maxVcpus, grantVersion, Limits.DEFAULT);
    }
}
