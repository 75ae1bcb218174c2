// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config;

import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.xenctrl.units.KiB;

/**
 * A guest's memory. If {@code maxMemory} exceeds {@code memory}, the guest boots in populate-on-demand mode and needs
 * a balloon driver.
 *
 * @param memory the memory that the guest gets at boot; whole MiB, 1 MiB or more
 * @param maxMemory the memory that the guest may grow to; whole MiB, from {@code memory} to {@link #MAXIMUM}
 */
public record MemorySizes(KiB memory, KiB maxMemory) {
    /** Largest memory, 16 TiB: beyond it the hypercalls' results no longer fit an int on Linux. */
    public static final KiB MAXIMUM = KiB.of(16L << 30);

    /**
     * Checks the sizes.
     *
     * @param memory the memory that the guest gets at boot; whole MiB, 1 MiB or more
     * @param maxMemory the memory that the guest may grow to; whole MiB, from {@code memory} to {@link #MAXIMUM}
     * @throws ConfigException if a size is out of range
     */
    public MemorySizes {
        new ProblemCollector()
                .add(DomainRules.ofMemory(memory), "memory", "maxmem", "vnuma")
                .add(DomainRules.ofMaxMemory(memory, maxMemory), "maxmem", "memory", "vnuma")
                .throwIfAny("");
    }

    /** {@return whether the guest boots in populate-on-demand mode} */
    public boolean populateOnDemand() {
        return memory.isLessThan(maxMemory);
    }
}
