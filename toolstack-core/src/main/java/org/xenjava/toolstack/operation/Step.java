// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.operation;

import java.util.Optional;
import org.xenjava.toolstack.error.OperationStep;

/**
 * One step of a recipe: its name, what it does, how it is undone and whether this operation needs it. Immutable; made
 * with {@link #of} and refined with the other methods.
 *
 * @param name the constant that progress, errors and tests refer to
 * @param action what the step does
 * @param undo removes its effects, also those of an action that stopped half-way; empty if an earlier step's undo does
 * @param undoWhen when {@code undo} runs
 * @param needed whether this operation has the step at all
 */
public record Step<S extends OperationStep>(
        S name, Runnable action, Optional<Runnable> undo, UndoWhen undoWhen, boolean needed) {

    /** When a step is undone after a failure. */
    public enum UndoWhen {
        /** Always. */
        ALWAYS,
        /** Only if every other undo succeeded, as for the record by which another process finds what is left. */
        NOTHING_LEFT
    }

    /** {@return a step without an undo, which every operation needs} */
    public static <S extends OperationStep> Step<S> of(S name, Runnable action) {
        return new Step<>(name, action, Optional.empty(), UndoWhen.ALWAYS, true);
    }

    /** {@return the same step with an undo} */
    public Step<S> undoneBy(Runnable newUndo) {
        return new Step<>(name, action, Optional.of(newUndo), UndoWhen.ALWAYS, needed);
    }

    /** {@return the same step with an undo that runs only if every other undo succeeded} */
    public Step<S> undoneIfNothingIsLeft(Runnable newUndo) {
        return new Step<>(name, action, Optional.of(newUndo), UndoWhen.NOTHING_LEFT, needed);
    }

    /** {@return the same step, left out unless the condition holds} */
    public Step<S> onlyIf(boolean condition) {
        return new Step<>(name, action, undo, undoWhen, condition);
    }
}
