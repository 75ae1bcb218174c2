// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.balance;

/**
 * An observation about a domain.
 *
 * @param domid number of the domain
 * @param name name of the domain
 * @param kind what was observed
 * @param pages pages concerned
 * @param seconds time since the domain's balloon driver has moved last
 */
public record BalanceFinding(int domid, String name, Kind kind, long pages, long seconds) {
    /** The kind of an observation. */
    public enum Kind {
        /** The balloon driver was told to give pages up and does not move. What the domain owns counts as in use. */
        STUCK,
        /** The guest has populate-on-demand entries without a page. Its size is not changed. */
        DEBT
    }
}
