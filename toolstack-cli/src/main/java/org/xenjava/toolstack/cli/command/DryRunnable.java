// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.command;

/** A command that can print its plan. Other commands are only parsed in a dry run. */
public interface DryRunnable {
    /** Prints the plan and returns the exit status. */
    int dryRun();
}
