// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.operation;

import org.xenjava.toolstack.error.OperationCancelledException;

/** Lets another thread stop a long operation. An interrupt of the working thread counts as well. */
public final class Cancellation {
    private volatile boolean cancelled;

    /** Asks the operation to stop at its next safe point and to undo what it did. */
    public void cancel() {
        cancelled = true;
    }

    public boolean isCancelled() {
        return cancelled || Thread.currentThread().isInterrupted();
    }

    /**
     * @throws OperationCancelledException if it was cancelled
     */
    public void check(String operation) {
        if (isCancelled()) {
            throw new OperationCancelledException(operation + " was cancelled; what it had done was undone");
        }
    }
}
