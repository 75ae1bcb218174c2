// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.output;

import java.io.PrintStream;

/**
 * A line on a terminal that is rewritten until it is cleared. The line is cut to the width of the terminal, because a
 * longer line wraps and only its last row would be rewritten.
 */
public final class ProgressLine {
    /** Carriage return, and erase to the end of the line (ECMA-48 EL). */
    private static final String REWRITE = "\r\033[K";

    private final PrintStream terminal;
    private final int width;
    private boolean shown;

    ProgressLine(PrintStream terminal, int width) {
        this.terminal = terminal;
        this.width = width;
    }

    public synchronized void show(String text) {
        String line = Escape.line(text);
        terminal.print(REWRITE + line.substring(0, Math.min(line.length(), width - 1)));
        terminal.flush();
        shown = true;
    }

    /** Removes the line, if there is one. */
    public synchronized void clear() {
        if (shown) {
            terminal.print(REWRITE);
            terminal.flush();
            shown = false;
        }
    }
}
