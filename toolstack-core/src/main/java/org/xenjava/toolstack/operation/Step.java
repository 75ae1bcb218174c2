// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.operation;

import java.util.Optional;
import org.xenjava.toolstack.error.OperationStep;

/**
 * One step of a recipe: its name, action, undo and condition. Immutable; made with {@link #of} and refined with the
 * other methods.
 *
 * @param <S> the operation's steps
 * @param name the constant that progress, errors and tests refer to
 * @param action the work of the step
 * @param undo removes the effects of the action, also of one that stopped half-way; empty if the undo of an earlier
 *     step does
 * @param undoWhen the condition of {@code undo}
 * @param runWhen the condition of {@code action} after a failure, in a recipe that goes on
 * @param needed whether this operation has the step
 */
public record Step<S extends OperationStep>(
        S name, Runnable action, Optional<Runnable> undo, UndoWhen undoWhen, RunWhen runWhen, boolean needed) {

    /** The condition under which a step is undone after a failure. */
    public enum UndoWhen {
        /** The step is always undone. */
        ALWAYS,
        /**
         * The step is undone only if every other undo succeeded. An example is the record by which another process
         * finds what is left.
         */
        NOTHING_LEFT
    }

    /** The condition under which {@link StepRunner#runAll} runs a step after an earlier one failed. */
    public enum RunWhen {
        /** The step always runs. */
        ALWAYS,
        /** The step runs only if every earlier step succeeded, as what it removes says where the earlier ones go on. */
        ALL_SUCCEEDED
    }

    /**
     * {@return a step without an undo, which every operation needs}
     *
     * @param <S> the operation's steps
     * @param name the constant that progress, errors and tests refer to
     * @param action the work of the step
     */
    public static <S extends OperationStep> Step<S> of(S name, Runnable action) {
        return new Step<>(name, action, Optional.empty(), UndoWhen.ALWAYS, RunWhen.ALWAYS, true);
    }

    /**
     * {@return the same step with an undo}
     *
     * @param newUndo removes the effects of the action, also of one that stopped half-way
     */
    public Step<S> undoneBy(Runnable newUndo) {
        return new Step<>(name, action, Optional.of(newUndo), UndoWhen.ALWAYS, runWhen, needed);
    }

    /**
     * {@return the same step with an undo that runs only if every other undo succeeded}
     *
     * @param newUndo removes the effects of the action
     */
    public Step<S> undoneIfNothingIsLeft(Runnable newUndo) {
        return new Step<>(name, action, Optional.of(newUndo), UndoWhen.NOTHING_LEFT, runWhen, needed);
    }

    /** {@return the same step, left out by {@link StepRunner#runAll} once an earlier step has failed} */
    public Step<S> onlyIfAllSucceeded() {
        return new Step<>(name, action, undo, undoWhen, RunWhen.ALL_SUCCEEDED, needed);
    }

    /**
     * {@return the same step, left out unless the condition holds}
     *
     * @param condition whether the operation has the step
     */
    public Step<S> onlyIf(boolean condition) {
        return new Step<>(name, action, undo, undoWhen, runWhen, condition);
    }
}
