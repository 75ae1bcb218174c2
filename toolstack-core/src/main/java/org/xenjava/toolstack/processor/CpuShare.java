// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.processor;

import org.xenjava.toolstack.error.ConfigException;

/**
 * The share of its pool's CPUs that a domain gets from the schedulers credit and credit2.
 *
 * @param weight share in relation to other domains, 1 to 65535; Xen's default is 256
 * @param cap limit in percent of one CPU, at most 65534; 0 for no limit
 */
public record CpuShare(int weight, int cap) {
    private static final int MAX_WEIGHT = 65535;
    private static final int MAX_CAP = 65534;

    /** The share of a domain for which nothing else was set. */
    public static final CpuShare DEFAULT = new CpuShare(256, 0);

    /**
     * Refuses values that Xen does not have.
     *
     * @param weight weight
     * @param cap cap
     */
    public CpuShare {
        if (weight < 1 || weight > MAX_WEIGHT) {
            throw new ConfigException("a CPU weight is 1 to 65535, not " + weight);
        }
        if (cap < 0 || cap > MAX_CAP) {
            throw new ConfigException("a CPU cap is 0 to 65534 percent, not " + cap);
        }
    }

    /**
     * {@return this share with another weight}
     *
     * @param newWeight 1 to 65535
     */
    public CpuShare withWeight(int newWeight) {
        return new CpuShare(newWeight, cap);
    }

    /**
     * {@return this share with another cap}
     *
     * @param newCap percent of one CPU; 0 for no limit
     */
    public CpuShare withCap(int newCap) {
        return new CpuShare(weight, newCap);
    }
}
