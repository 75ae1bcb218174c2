// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.balancer;

import org.xenjava.toolstack.balance.BalanceFinding;
import org.xenjava.toolstack.balance.MemoryAnswer;
import org.xenjava.toolstack.xenctrl.units.KiB;

/** Something that a balancer did or observed. */
public sealed interface BalanceEvent {
    /**
     * The balancer has set the size of a domain.
     *
     * @param domid number of the domain
     * @param name name of the domain
     * @param from size before
     * @param to new size
     */
    record Resized(int domid, String name, KiB from, KiB to) implements BalanceEvent {}

    /**
     * A request for memory was granted or refused.
     *
     * @param id the request's id
     * @param answer the answer
     */
    record Answered(String id, MemoryAnswer answer) implements BalanceEvent {}

    /**
     * The balancer has observed something about a domain.
     *
     * @param finding the observation
     */
    record Found(BalanceFinding finding) implements BalanceEvent {}

    /**
     * The role of this balancer among those of the host has changed.
     *
     * @param role the new role
     */
    record RoleChanged(Role role) implements BalanceEvent {}

    /** The role of a balancer. */
    enum Role {
        /** The balancer acts. */
        ACTING,
        /** Another process acts, or may act; this balancer takes over when that process has ended. */
        STANDING_BY
    }
}
