// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.pool;

import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.xenctrl.units.KiB;

/**
 * The number of domains that are prepared ahead of need, and the memory that this leaves to the host.
 *
 * @param guests number of domains, 1 or more
 * @param reserve memory of the host that stays free and unclaimed when a domain is prepared
 */
public record GuestPoolPolicy(int guests, KiB reserve) {
    private static final KiB RESERVE = KiB.ofMiB(64);

    /**
     * Refuses an empty pool.
     *
     * @param guests number of domains, 1 or more
     * @param reserve memory of the host that stays free and unclaimed when a domain is prepared
     */
    public GuestPoolPolicy {
        if (guests < 1) {
            throw new ConfigException("a pool of " + guests + " prepared guests: 1 or more are needed");
        }
    }

    /**
     * {@return the policy with a reserve of 64 MiB}
     *
     * @param guests number of domains, 1 or more
     */
    public static GuestPoolPolicy of(int guests) {
        return new GuestPoolPolicy(guests, RESERVE);
    }

    /**
     * {@return the same policy with another reserve}
     *
     * @param other memory of the host that stays free and unclaimed when a domain is prepared
     */
    public GuestPoolPolicy withReserve(KiB other) {
        return new GuestPoolPolicy(guests, other);
    }
}
