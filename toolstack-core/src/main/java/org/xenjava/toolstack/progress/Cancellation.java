// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.progress;

import org.xenjava.toolstack.error.OperationCancelledException;

/** The means to stop a long operation from another thread. An interrupt of the working thread stops it too. */
public final class Cancellation {
    private volatile boolean cancelled;

    /** Creates a cancellation that lets operations run. */
    public Cancellation() {}

    /** Asks the operation to stop at its next safe point and to undo what it did. */
    public void cancel() {
        cancelled = true;
    }

    /** {@return whether the operation was cancelled or the calling thread is interrupted} */
    public boolean isCancelled() {
        return cancelled || Thread.currentThread().isInterrupted();
    }

    /**
     * Ends the operation if it was cancelled.
     *
     * @param operation beginning of the message
     * @throws OperationCancelledException if it was cancelled
     */
    public void check(String operation) {
        if (isCancelled()) {
            throw new OperationCancelledException(operation + " was cancelled, and its effects were undone");
        }
    }
}
