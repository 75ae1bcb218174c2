// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.save;

/**
 * Decides how often the memory of a running guest is copied. As in libxc, at most five passes, and none for less than 50
 * pages; beyond libxc, no further pass once the number of written pages no longer falls.
 */
final class PassPolicy {
    private static final int MOST_PASSES = 5;
    private static final int FEW_PAGES = 50;

    private int passes = 1;
    private int before = Integer.MAX_VALUE;

    /** Whether another pass is worthwhile before the guest is suspended, if it has written that many pages. */
    boolean isAnotherPassWorthwhile(int written) {
        boolean worthwhile = written >= FEW_PAGES && passes < MOST_PASSES && written < before;
        before = written;
        passes++;
        return worthwhile;
    }
}
