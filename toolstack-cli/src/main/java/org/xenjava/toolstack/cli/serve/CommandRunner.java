// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.serve;

import org.xenjava.toolstack.cli.command.Session;

/** Runs one command of xlj. */
@FunctionalInterface
public interface CommandRunner {
    /** Returns the exit status. */
    int run(Session session, String... words);
}
