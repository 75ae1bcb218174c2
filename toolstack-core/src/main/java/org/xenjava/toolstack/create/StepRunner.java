// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.create.CreateListener.Phase;
import org.xenjava.toolstack.create.CreateListener.Progress;
import org.xenjava.toolstack.error.Attempt;
import org.xenjava.toolstack.error.OperationStep;
import org.xenjava.toolstack.error.ToolstackException;
import org.xenjava.toolstack.error.translation.XenFailures;

/** Runs named steps in a row; when one fails, undoes those that had begun, last first. */
final class StepRunner {
    private static final Logger LOG = LoggerFactory.getLogger(StepRunner.class);
    private static final Runnable NOTHING = () -> {};

    /** When a step is undone. */
    private enum Undo {
        ALWAYS,
        IF_ALL_ELSE_IS_UNDONE
    }

    private record Step(String words, Runnable action, Runnable undo, Undo when) implements OperationStep {
        @Override
        public String id() {
            return words.replace(' ', '-');
        }
    }

    private final String domain;
    private final CreateListener listener;
    private final Cancellation cancellation;
    private final List<Step> steps = new ArrayList<>();

    StepRunner(String domain, CreateListener listener, Cancellation cancellation) {
        this.domain = domain;
        this.listener = listener;
        this.cancellation = cancellation;
    }

    /** A step whose effects go when an earlier step is undone. */
    StepRunner then(String name, Runnable action) {
        return then(name, action, NOTHING);
    }

    /** A step with an undo, which must cope with an action that stopped half-way. */
    StepRunner then(String name, Runnable action, Runnable undo) {
        steps.add(new Step(name, action, undo, Undo.ALWAYS));
        return this;
    }

    /** A step that not every domain needs; those that do not are not told of it. */
    StepRunner thenIf(boolean needed, String name, Runnable action, Runnable undo) {
        return needed ? then(name, action, undo) : this;
    }

    /** A step that notes what the others do: its undo, which forgets them, waits until nothing is left of them. */
    StepRunner thenNote(String name, Runnable action, Runnable undo) {
        steps.add(new Step(name, action, undo, Undo.IF_ALL_ELSE_IS_UNDONE));
        return this;
    }

    void run() {
        Deque<Integer> begun = new ArrayDeque<>();
        try {
            for (int i = 0; i < steps.size(); i++) {
                Step step = steps.get(i);
                cancellation.check("building domain " + domain);
                tell(i, Phase.STARTED);
                begun.push(i);
                run(step);
                tell(i, Phase.DONE);
            }
        } catch (RuntimeException | Error e) {
            undo(begun, e);
            throw e;
        }
    }

    private void run(Step step) {
        try {
            step.action().run();
        } catch (RuntimeException e) {
            RuntimeException failure =
                    XenFailures.translate(Attempt.of("building domain " + domain + ", step '" + step.words() + "'"), e);
            throw failure instanceof ToolstackException known ? known.at(step) : failure;
        }
    }

    private void undo(Deque<Integer> begun, Throwable failure) {
        // An interrupt that cancelled the build must not stop its undoing as well.
        boolean interrupted = Thread.interrupted();
        boolean nothingLeft = true;
        for (int i : begun) {
            Step step = steps.get(i);
            if (step.undo() == NOTHING || step.when() == Undo.IF_ALL_ELSE_IS_UNDONE && !nothingLeft) {
                continue;
            }
            // Whatever goes wrong, the other steps must be undone as well.
            boolean undone = succeeds(step.undo(), failure);
            nothingLeft &= undone;
            if (undone) {
                succeeds(() -> tell(i, Phase.UNDONE), failure);
            } else {
                LOG.error("undoing step '{}' of domain {} failed", step.words(), domain, failure);
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static boolean succeeds(Runnable work, Throwable failure) {
        try {
            work.run();
            return true;
        } catch (RuntimeException | Error e) {
            if (e != failure) {
                failure.addSuppressed(e);
            }
            return false;
        }
    }

    private void tell(int index, Phase phase) {
        String name = steps.get(index).words();
        LOG.debug("domain {}: step {}/{} '{}' {}", domain, index + 1, steps.size(), name, phase);
        try {
            listener.onProgress(new Progress(domain, name, index + 1, steps.size(), phase));
        } catch (RuntimeException e) {
            LOG.warn("a build listener failed", e);
        }
    }
}
