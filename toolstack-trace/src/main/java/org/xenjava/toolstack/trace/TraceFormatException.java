// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.trace;

/** A trace file is malformed, cut off in the middle of a line, or of another version. */
public final class TraceFormatException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int line;

    TraceFormatException(String source, int line, String problem, Throwable cause) {
        super(source + ", line " + line + ": " + problem, cause);
        this.line = line;
    }

    TraceFormatException(String source, int line, String problem) {
        super(source + ", line " + line + ": " + problem);
        this.line = line;
    }

    /** The line, from 1. */
    public int line() {
        return line;
    }
}
