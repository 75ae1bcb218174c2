// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.operation;

import org.xenjava.toolstack.error.OperationStep;

/**
 * Receives the progress of a recipe, on the thread that runs it.
 *
 * @param <S> the operation's steps
 */
@FunctionalInterface
public interface StepListener<S extends OperationStep> {
    /**
     * @param step the step
     * @param number of the step, 1 … {@code total}
     * @param total steps of this operation
     * @param phase what happens to the step
     */
    void onStep(S step, int number, int total, StepPhase phase);
}
