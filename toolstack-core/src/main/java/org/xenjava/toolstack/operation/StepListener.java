// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.operation;

import org.xenjava.toolstack.error.OperationStep;
import org.xenjava.toolstack.progress.StepPhase;

/**
 * Receives the progress of a recipe, on the thread that runs it.
 *
 * @param <S> the operation's steps
 */
@FunctionalInterface
public interface StepListener<S extends OperationStep> {
    /**
     * Called at the beginning and at the end of each step, and after its undo.
     *
     * @param step the step
     * @param number of the step, 1 … {@code total}
     * @param total number of steps of this operation
     * @param phase the progress of the step
     */
    void onStep(S step, int number, int total, StepPhase phase);
}
