// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.pod;

/**
 * What has come of an action.
 *
 * @param kind how it ended
 * @param why if it was refused: the reason, a clause
 */
record GuardOutcome(Kind kind, String why) {
    enum Kind {
        DONE,
        /** Xen, the host or the policy says no; nothing has changed. */
        REFUSED,
        /** Another guard that may be alive looks after the domain; nothing has changed. */
        NOT_OURS,
        /** The domain is not as it was when it was looked at; nothing has changed. */
        STALE
    }

    static final GuardOutcome DONE = new GuardOutcome(Kind.DONE, "");
    static final GuardOutcome NOT_OURS = new GuardOutcome(Kind.NOT_OURS, "another guard looks after it");
    static final GuardOutcome STALE = new GuardOutcome(Kind.STALE, "it has changed meanwhile");

    static GuardOutcome refused(String why) {
        return new GuardOutcome(Kind.REFUSED, why);
    }
}
