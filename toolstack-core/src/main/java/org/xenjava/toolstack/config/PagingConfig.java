// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config;

import java.util.Optional;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.xenctrl.units.KiB;

/**
 * The way in which Xen translates a guest's addresses.
 *
 * @param mode hardware-assisted or shadow paging
 * @param pool memory for Xen's own page tables of the guest, whole MiB: xl.cfg's {@code shadow_memory}. The toolstack
 *     enlarges it to what the guest needs, which is the default
 */
public record PagingConfig(Mode mode, Optional<KiB> pool) {
    /** Hardware-assisted paging with the pool that the guest needs. */
    public static final PagingConfig DEFAULT = new PagingConfig(Mode.HARDWARE_ASSISTED, Optional.empty());

    /** Kinds of paging. */
    public enum Mode {
        /** The processor walks two levels of page tables (EPT, NPT). */
        HARDWARE_ASSISTED,
        /** Xen keeps shadows of the guest's page tables: xl.cfg's {@code hap = 0}. Few builds of Xen support this. */
        SHADOW
    }

    /**
     * Checks the pool.
     *
     * @param mode hardware-assisted or shadow paging
     * @param pool memory for Xen's own page tables of the guest, whole MiB: xl.cfg's {@code shadow_memory}. The
     *     toolstack enlarges it to what the guest needs, which is the default
     * @throws ConfigException if the pool is not of whole MiB or too large
     */
    public PagingConfig {
        new ProblemCollector()
                .add(pool.flatMap(DomainRules::ofPagingPool), "shadow_memory")
                .throwIfAny("");
    }
}
