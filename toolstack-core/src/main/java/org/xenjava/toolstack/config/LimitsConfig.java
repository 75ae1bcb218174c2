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
 * @param grantVersion newest version of the grant table, 1 or 2; without a value, the newest that the host allows
 */
public record LimitsConfig(
        OptionalInt grantFrames, OptionalInt maptrackFrames, int eventChannels, OptionalInt grantVersion) {
    /** libxl's defaults. */
    public static final LimitsConfig DEFAULT = new LimitsConfig(OptionalInt.empty(), OptionalInt.empty(), 1023);

    /**
     * Creates limits with the newest version of the grant table.
     *
     * @param grantFrames pages of the grant table, 1 or more; without a value, Xen's default
     * @param maptrackFrames pages that track the grants that the guest maps, 0 or more; without a value, Xen's default
     * @param eventChannels number of the highest event channel, 10 … 131071
     */
    public LimitsConfig(OptionalInt grantFrames, OptionalInt maptrackFrames, int eventChannels) {
        this(grantFrames, maptrackFrames, eventChannels, OptionalInt.empty());
    }

    /**
     * Checks the limits.
     *
     * @param grantFrames pages of the grant table, 1 or more; without a value, Xen's default. Xen refuses more than
     *     its command line option {@code gnttab_max_frames}
     * @param maptrackFrames pages that track the grants that the guest maps, 0 or more; without a value, Xen's
     *     default. Xen refuses more than {@code gnttab_max_maptrack_frames}
     * @param eventChannels number of the highest event channel, 10 … 131071; libxl's default is 1023
     * @param grantVersion newest version of the grant table, 1 or 2; without a value, the newest that the host allows
     * @throws ConfigException if a limit is out of range
     */
    public LimitsConfig {
        new ProblemCollector()
                .add(DomainRules.ofLimit("max_grant_frames", grantFrames.orElse(1), 1), "max_grant_frames")
                .add(DomainRules.ofLimit("max_maptrack_frames", maptrackFrames.orElse(0), 0), "max_maptrack_frames")
                .add(DomainRules.ofEventChannels(eventChannels), "max_event_channels")
                .add(DomainRules.ofGrantVersion(grantVersion), "max_grant_version")
                .throwIfAny("");
    }
}
