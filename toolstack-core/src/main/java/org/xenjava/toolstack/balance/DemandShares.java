// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.balance;

import java.util.List;

/** Max-min fairness by demand: a guest that asks for too much gets at most the level of all others. */
final class DemandShares implements ShareRule {
    @Override
    public long[] shares(long total, List<Bounds> guests) {
        long[] floors = guests.stream().mapToLong(Bounds::floor).toArray();
        long[] wanted = guests.stream().mapToLong(Bounds::wanted).toArray();
        long[] shares = Levels.fill(total, floors, wanted);
        long rest = total - Levels.sum(shares);
        if (rest > 0 && Levels.sum(wanted) <= total) {
            long[] room = new long[shares.length];
            for (int i = 0; i < room.length; i++) {
                room[i] = Math.max(0, guests.get(i).ceiling() - shares[i]);
            }
            long[] more = Levels.proportional(rest, room);
            for (int i = 0; i < more.length; i++) {
                shares[i] += more[i];
            }
        }
        return shares;
    }
}
