// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli;

/** What a command's exit status says. {@code pod-check} has the advisory's own, see {@link PodCheckCommand}. */
final class ExitStatus {
    static final int OK = 0;

    /** The command failed; the reason is on standard error. */
    static final int FAILED = 1;

    /** The arguments are wrong; nothing was done. */
    static final int USAGE = 2;

    /** {@code create}: the guest runs, but is vulnerable, and the guard could not help it. */
    static final int UNSAFE = 3;

    private ExitStatus() {}
}
