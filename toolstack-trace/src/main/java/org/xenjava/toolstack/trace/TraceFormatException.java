// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.trace;

/** Thrown if a trace file is malformed, ends in the middle of a line, or has another version. */
public final class TraceFormatException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** The number of the line, from 1. */
    private final int line;

    TraceFormatException(String source, int line, String problem, Throwable cause) {
        super(source + ", line " + line + ": " + problem, cause);
        this.line = line;
    }

    TraceFormatException(String source, int line, String problem) {
        super(source + ", line " + line + ": " + problem);
        this.line = line;
    }

    /** {@return the number of the line, from 1} */
    public int line() {
        return line;
    }
}
