// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.balance;

import java.util.List;

/** Every guest gets the size that the user has set, or the same fraction of the way to it from its floor. */
final class FixedShares implements ShareRule {
    @Override
    public long[] shares(long total, List<Bounds> guests) {
        return new ProportionalShares()
                .shares(
                        total,
                        guests.stream()
                                .map(guest -> new Bounds(guest.floor(), guest.set(), guest.base(), guest.demand()))
                                .toList());
    }
}
