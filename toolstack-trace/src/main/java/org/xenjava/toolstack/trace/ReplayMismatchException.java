// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.trace;

import java.util.List;

/** A replayed call was not the recorded one. */
public final class ReplayMismatchException extends RuntimeException {
    private static final long serialVersionUID = 1L;

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

    /** The record that was due, from 1; one more than the last if the recording was over. */
    public int sequence() {
        return sequence;
    }

    /** What differs, and nothing else. */
    public List<Difference> differences() {
        return differences;
    }
}
