// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.output;

/** How much of an operation is shown on its way. How it ended is always said, unless it ended well. */
public enum Verbosity {
    /** Nothing. */
    QUIET,
    /** Changes for the worse. */
    TROUBLES,
    /** One line that is rewritten, and changes for the worse. */
    ONE_LINE,
    /** One line for each step and change. */
    LINES
}
