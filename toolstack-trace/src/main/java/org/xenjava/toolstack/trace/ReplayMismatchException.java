// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.trace;

import java.util.List;

/** Thrown if a replayed call differs from the recorded one. */
public final class ReplayMismatchException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** The expected record, from 1. */
    private final int sequence;

    private final transient List<Difference> differences;

    ReplayMismatchException(int sequence, String message, List<Difference> differences) {
        super(message);
        this.sequence = sequence;
        this.differences = List.copyOf(differences);
    }

    ReplayMismatchException(String message, ReplayMismatchException first) {
        super(message, first);
        this.sequence = first.sequence;
        this.differences = first.differences;
    }

    /** {@return the expected record, from 1; one more than the last record if the recording was over} */
    public int sequence() {
        return sequence;
    }

    /** {@return the differences} */
    public List<Difference> differences() {
        return differences;
    }
}
