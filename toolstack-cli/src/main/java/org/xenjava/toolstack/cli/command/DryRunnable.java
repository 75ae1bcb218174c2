// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.command;

/** A command that can say what it would do. Other commands are only parsed in a dry run. */
public interface DryRunnable {
    /** Prints what the command would do; the result is the exit status. */
    int dryRun();
}
