// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.output;

/** The amount of progress that is shown during an operation. A failure is always reported. */
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
