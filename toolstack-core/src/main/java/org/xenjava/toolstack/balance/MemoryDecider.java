// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.balance;

/** Decides about the memory of a host. An implementation may remember what it has seen in earlier snapshots. */
@FunctionalInterface
public interface MemoryDecider {
    /**
     * Decides.
     *
     * @param snapshot the host now; its time is never earlier than that of the snapshot before
     * @return the decision
     */
    BalanceDecision decide(HostSnapshot snapshot);
}
