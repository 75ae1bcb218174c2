// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.balance;

/**
 * A new size of a domain.
 *
 * @param domid number of the domain
 * @param fromPages size that the decision was based on
 * @param toPages new size
 */
public record TargetChange(int domid, long fromPages, long toPages) {
    /** {@return whether the domain shrinks} */
    public boolean shrinks() {
        return toPages < fromPages;
    }
}
