// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config;

import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.xenctrl.units.KiB;

/**
 * The way in which Xen translates a guest's addresses.
 *
 * @param mode hardware-assisted or shadow paging
 * @param pool memory for Xen's own page tables of the guest, whole MiB: xl.cfg's {@code shadow_memory}. The toolstack
 *     enlarges it to what the guest needs, which is the default
 * @param altp2m who may switch the guest between several maps of its memory
 * @param altp2mCount the number of such maps, 1 … 65535, on Xen 4.21 and later; Xen's 10 if it is empty
 */
public record PagingConfig(Mode mode, Optional<KiB> pool, Altp2m altp2m, OptionalInt altp2mCount) {
    /** Hardware-assisted paging with the pool that the guest needs. */
    public static final PagingConfig DEFAULT = new PagingConfig(Mode.HARDWARE_ASSISTED, Optional.empty());

    /** Kinds of paging. */
    public enum Mode {
        /** The processor walks two levels of page tables (EPT, NPT). */
        HARDWARE_ASSISTED,
        /** Xen keeps shadows of the guest's page tables: xl.cfg's {@code hap = 0}. Few builds of Xen support this. */
        SHADOW
    }

    /** Users of alternate maps of a guest's memory: xl.cfg's {@code altp2m}. */
    public enum Altp2m {
        /** Nobody. */
        DISABLED(0),
        /** The guest, and programs of the host. */
        MIXED(1),
        /** Programs of the host. */
        EXTERNAL(2),
        /** Programs of the host; the guest may only enable the events of its vCPUs. */
        LIMITED(3);

        private final int number;

        Altp2m(int number) {
            this.number = number;
        }

        /** {@return the value of Xen's interfaces} */
        public int number() {
            return number;
        }

        /** {@return the word of xl.cfg} */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * Creates paging without alternate maps.
     *
     * @param mode hardware-assisted or shadow paging
     * @param pool memory for Xen's own page tables of the guest, whole MiB
     */
    public PagingConfig(Mode mode, Optional<KiB> pool) {
        this(mode, pool, Altp2m.DISABLED, OptionalInt.empty());
    }

    /**
     * Checks the pool.
     *
     * @param mode hardware-assisted or shadow paging
     * @param pool memory for Xen's own page tables of the guest, whole MiB: xl.cfg's {@code shadow_memory}. The
     *     toolstack enlarges it to what the guest needs, which is the default
     * @param altp2m who may switch the guest between several maps of its memory
     * @param altp2mCount the number of such maps, 1 … 65535, on Xen 4.21 and later; Xen's 10 if it is empty
     * @throws ConfigException if the pool is not of whole MiB or too large, or the number of maps is out of range
     */
    public PagingConfig {
        new ProblemCollector()
                .add(pool.flatMap(DomainRules::ofPagingPool), "shadow_memory")
                .add(DomainRules.ofLimit("altp2m_count", altp2mCount.orElse(1), 1, 0xffff), "altp2m_count")
                .throwIfAny("");
    }
}
