// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.operation;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.error.Attempt;
import org.xenjava.toolstack.error.OperationStep;
import org.xenjava.toolstack.error.ToolstackException;
import org.xenjava.toolstack.error.translation.XenFailures;
import org.xenjava.toolstack.operation.Step.RunWhen;
import org.xenjava.toolstack.operation.Step.UndoWhen;
import org.xenjava.toolstack.progress.Cancellation;
import org.xenjava.toolstack.progress.StepPhase;

/**
 * Runs the steps of a recipe in order. {@link #run} is for what happens completely or not at all: when a step fails or
 * the operation is cancelled, the steps that have begun are undone, last first. {@link #runAll} is for taking away: a
 * step that fails keeps no other from running.
 *
 * @param <S> the operation's steps
 */
public final class StepRunner<S extends OperationStep> {
    private static final Logger LOG = LoggerFactory.getLogger(StepRunner.class);

    private final String operation;
    private final StepListener<S> listener;
    private final Cancellation cancellation;

    /**
     * Creates a runner for one operation.
     *
     * @param operation the beginning of messages, such as {@code "building domain web"}
     * @param listener receives the progress
     * @param cancellation checked before each step
     */
    public StepRunner(String operation, StepListener<S> listener, Cancellation cancellation) {
        this.operation = operation;
        this.listener = listener;
        this.cancellation = cancellation;
    }

    /**
     * Runs the needed steps of a recipe.
     *
     * @param recipe all steps, in order
     */
    public void run(List<Step<S>> recipe) {
        List<Step<S>> steps = recipe.stream().filter(Step::needed).toList();
        Deque<Integer> begun = new ArrayDeque<>();
        try {
            for (int i = 0; i < steps.size(); i++) {
                cancellation.check(operation);
                report(steps, i, StepPhase.STARTED);
                begun.push(i);
                run(steps.get(i));
                report(steps, i, StepPhase.DONE);
            }
        } catch (RuntimeException | Error e) {
            Undo.uninterrupted(() -> undo(steps, begun, e));
            throw e;
        }
    }

    /**
     * Runs those steps of the recipe that are needed, also after a failure, except for those that run only if every
     * earlier step succeeded. Nothing is undone, and the operation cannot be cancelled.
     *
     * @throws RuntimeException the first failure, with the others suppressed
     */
    public void runAll(List<Step<S>> recipe) {
        List<Step<S>> steps = recipe.stream().filter(Step::needed).toList();
        List<RuntimeException> failures = new ArrayList<>();
        for (int i = 0; i < steps.size(); i++) {
            Step<S> step = steps.get(i);
            if (step.runWhen() == RunWhen.ALL_SUCCEEDED && !failures.isEmpty()) {
                continue;
            }
            report(steps, i, StepPhase.STARTED);
            try {
                run(step);
                report(steps, i, StepPhase.DONE);
            } catch (RuntimeException e) {
                failures.add(e);
            }
        }
        if (!failures.isEmpty()) {
            RuntimeException first = failures.get(0);
            failures.stream().skip(1).filter(other -> other != first).forEach(first::addSuppressed);
            throw first;
        }
    }

    private void run(Step<S> step) {
        try {
            step.action().run();
        } catch (RuntimeException e) {
            RuntimeException failure = XenFailures.translate(
                    Attempt.of(operation + ", step '" + step.name().words() + "'"), e);
            throw failure instanceof ToolstackException known ? known.at(step.name()) : failure;
        }
    }

    private void undo(List<Step<S>> steps, Deque<Integer> begun, Throwable failure) {
        boolean nothingLeft = true;
        for (int i : begun) {
            Step<S> step = steps.get(i);
            if (step.undo().isEmpty() || step.undoWhen() == UndoWhen.NOTHING_LEFT && !nothingLeft) {
                continue;
            }
            boolean undone = Undo.succeeds(step.undo().get(), failure);
            nothingLeft &= undone;
            if (undone) {
                Undo.succeeds(() -> report(steps, i, StepPhase.UNDONE), failure);
            } else {
                LOG.error("{}: undoing step '{}' failed", operation, step.name().words(), failure);
            }
        }
    }

    private void report(List<Step<S>> steps, int index, StepPhase phase) {
        S step = steps.get(index).name();
        LOG.debug("{}: step {}/{} '{}' {}", operation, index + 1, steps.size(), step.words(), phase);
        try {
            listener.onStep(step, index + 1, steps.size(), phase);
        } catch (RuntimeException e) {
            LOG.warn("a listener of {} failed", operation, e);
        }
    }
}
