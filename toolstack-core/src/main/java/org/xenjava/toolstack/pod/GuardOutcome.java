// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.pod;

/**
 * The outcome of an action.
 *
 * @param kind the kind of outcome
 * @param why the reason of a refusal, as a clause; otherwise empty
 */
record GuardOutcome(Kind kind, String why) {
    enum Kind {
        DONE,
        /** Xen, the host or the policy refused; nothing has changed. */
        REFUSED,
        /** Another guard that may be alive watches the domain; nothing has changed. */
        NOT_OURS,
        /** The domain has changed since the reading; the action changed nothing. */
        STALE
    }

    static final GuardOutcome DONE = new GuardOutcome(Kind.DONE, "");
    static final GuardOutcome NOT_OURS = new GuardOutcome(Kind.NOT_OURS, "another guard looks after it");
    static final GuardOutcome STALE = new GuardOutcome(Kind.STALE, "it has changed meanwhile");

    static GuardOutcome refused(String why) {
        return new GuardOutcome(Kind.REFUSED, why);
    }
}
