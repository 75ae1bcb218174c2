// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.balance;

import java.util.List;

/** Every guest gets the same fraction of the way from its floor to its ceiling. */
final class ProportionalShares implements ShareRule {
    @Override
    public long[] shares(long total, List<Bounds> guests) {
        long[] shares = guests.stream().mapToLong(Bounds::floor).toArray();
        long[] more = Levels.proportional(
                total - Levels.sum(shares),
                guests.stream()
                        .mapToLong(guest -> Math.max(0, guest.ceiling() - guest.floor()))
                        .toArray());
        for (int i = 0; i < shares.length; i++) {
            shares[i] += more[i];
        }
        return shares;
    }
}
