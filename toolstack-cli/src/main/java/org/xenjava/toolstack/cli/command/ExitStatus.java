// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.command;

/** The exit statuses of commands. {@code pod-check} has those of the advisory's utility. */
public final class ExitStatus {
    public static final int OK = 0;

    /** The command failed; the reason is on standard error. */
    public static final int FAILED = 1;

    /** The arguments are wrong; nothing was done. */
    public static final int USAGE = 2;

    /** {@code create}: the guest runs, but is vulnerable, and the guard could not cover its debt. */
    public static final int UNSAFE = 3;

    private ExitStatus() {}
}
