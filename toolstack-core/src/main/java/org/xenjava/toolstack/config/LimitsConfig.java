// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config;

import java.util.OptionalInt;
import org.xenjava.toolstack.error.ConfigException;

/**
 * Xen's limits for a guest.
 *
 * @param grantFrames pages of the grant table, 1 or more; without a value, Xen's default. Xen refuses more than its
 *     command line option {@code gnttab_max_frames}
 * @param maptrackFrames pages that track the grants that the guest maps, 0 or more; without a value, Xen's
 *     default. Xen refuses more than {@code gnttab_max_maptrack_frames}
 * @param eventChannels number of the highest event channel, 10 … 131071; libxl's default is 1023
 */
public record LimitsConfig(OptionalInt grantFrames, OptionalInt maptrackFrames, int eventChannels) {
    /** libxl's defaults. */
    public static final LimitsConfig DEFAULT = new LimitsConfig(OptionalInt.empty(), OptionalInt.empty(), 1023);

    /**
     * Checks the limits.
     *
     * @param grantFrames pages of the grant table, 1 or more; without a value, Xen's default. Xen refuses more than
     *     its command line option {@code gnttab_max_frames}
     * @param maptrackFrames pages that track the grants that the guest maps, 0 or more; without a value, Xen's
     *     default. Xen refuses more than {@code gnttab_max_maptrack_frames}
     * @param eventChannels number of the highest event channel, 10 … 131071; libxl's default is 1023
     * @throws ConfigException if a limit is out of range
     */
    public LimitsConfig {
        new ProblemCollector()
                .add(DomainRules.ofLimit("max_grant_frames", grantFrames.orElse(1), 1), "max_grant_frames")
                .add(DomainRules.ofLimit("max_maptrack_frames", maptrackFrames.orElse(0), 0), "max_maptrack_frames")
                .add(DomainRules.ofEventChannels(eventChannels), "max_event_channels")
                .throwIfAny("");
    }
}
