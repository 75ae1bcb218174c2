// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.operation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.error.OperationStep;
import org.xenjava.toolstack.error.ToolstackException;
import org.xenjava.toolstack.error.XenStoreException;
import org.xenjava.toolstack.progress.Cancellation;

class StepRunnerTest {
    private enum Name implements OperationStep {
        FIRST,
        SECOND,
        THIRD,
        FOURTH;

        @Override
        public String id() {
            return name();
        }

        @Override
        public String words() {
            return name();
        }
    }

    private final List<String> done = new ArrayList<>();
    private final List<String> progress = new ArrayList<>();
    private final Cancellation cancellation = new Cancellation();
    private final StepRunner<Name> runner = new StepRunner<>(
            "building domain web",
            (step, number, total, phase) -> progress.add(step + " " + number + "/" + total + " " + phase),
            cancellation);

    private static Runnable failing(RuntimeException failure) {
        return () -> {
            throw failure;
        };
    }

    private Runnable noting(String word) {
        return () -> done.add(word);
    }

    private static <E extends RuntimeException> E failureOf(Class<E> type, Runnable work) {
        return assertThrows(type, work::run);
    }

    @Test
    void stepsRunInTheirOrderAndReportTheirProgress() {
        runner.run(List.of(
                Step.of(Name.FIRST, noting("first")),
                Step.of(Name.SECOND, noting("second")).undoneBy(noting("undo second"))));
        assertEquals(List.of("first", "second"), done);
        assertEquals(List.of("FIRST 1/2 STARTED", "FIRST 1/2 DONE", "SECOND 2/2 STARTED", "SECOND 2/2 DONE"), progress);
    }

    @Test
    void aStepThatIsNotNeededNeitherRunsNorCounts() {
        runner.run(List.of(Step.of(Name.FIRST, noting("first")).onlyIf(false), Step.of(Name.SECOND, noting("second"))));
        assertEquals(List.of("second"), done);
        assertEquals(List.of("SECOND 1/1 STARTED", "SECOND 1/1 DONE"), progress);
    }

    @Test
    void theStepThatFailsAndThoseBeforeItAreUndoneLastFirst() {
        IllegalStateException failure = new IllegalStateException();
        List<Step<Name>> recipe = List.of(
                Step.of(Name.FIRST, noting("first")).undoneBy(noting("undo first")),
                Step.of(Name.SECOND, noting("second")),
                Step.of(Name.THIRD, failing(failure)).undoneBy(noting("undo third")),
                Step.of(Name.FOURTH, noting("fourth")).undoneBy(noting("undo fourth")));
        assertSame(failure, failureOf(IllegalStateException.class, () -> runner.run(recipe)));
        assertEquals(List.of("first", "second", "undo third", "undo first"), done);
    }

    @Test
    void aFailedUndoIsSuppressedAndTheRecordIsKept() {
        IllegalStateException undoFailure = new IllegalStateException("undo");
        List<Step<Name>> recipe = List.of(
                Step.of(Name.FIRST, noting("record")).undoneIfNothingIsLeft(noting("remove the record")),
                Step.of(Name.SECOND, noting("second")).undoneBy(noting("undo second")),
                Step.of(Name.THIRD, noting("third")).undoneBy(failing(undoFailure)),
                Step.of(Name.FOURTH, failing(new IllegalStateException("fourth"))));
        IllegalStateException failure = failureOf(IllegalStateException.class, () -> runner.run(recipe));
        assertEquals(List.of(undoFailure), List.of(failure.getSuppressed()));
        assertEquals(List.of("record", "second", "third", "undo second"), done);
    }

    @Test
    void theRecordIsRemovedWhenEverythingElseIsUndone() {
        List<Step<Name>> recipe = List.of(
                Step.of(Name.FIRST, noting("record")).undoneIfNothingIsLeft(noting("remove the record")),
                Step.of(Name.SECOND, failing(new IllegalStateException())).undoneBy(noting("undo second")));
        failureOf(IllegalStateException.class, () -> runner.run(recipe));
        assertEquals(List.of("record", "undo second", "remove the record"), done);
    }

    @Test
    void anUndoThatThrowsTheSameFailureAgainIsNotSuppressedInItself() {
        IllegalStateException same = new IllegalStateException();
        List<Step<Name>> recipe = List.of(Step.of(Name.FIRST, failing(same)).undoneBy(failing(same)));
        assertSame(same, failureOf(IllegalStateException.class, () -> runner.run(recipe)));
        assertEquals(0, same.getSuppressed().length);
    }

    @Test
    void aFailureOfXenNamesTheOperationAndTheStep() {
        List<Step<Name>> recipe = List.of(Step.of(Name.SECOND, failing(new XenStoreException("EIO"))));
        ToolstackException failure = failureOf(ToolstackException.class, () -> runner.run(recipe));
        assertEquals("building domain web, step 'SECOND': EIO", failure.getMessage());
        assertEquals(Optional.of(Name.SECOND), failure.step());
    }

    @Test
    void anInterruptDoesNotReachTheUndoAndIsKept() {
        List<Boolean> interrupted = new ArrayList<>();
        List<Step<Name>> recipe = List.of(Step.of(Name.FIRST, () -> {
                    Thread.currentThread().interrupt();
                    throw new IllegalStateException();
                })
                .undoneBy(() -> interrupted.add(Thread.currentThread().isInterrupted())));
        failureOf(IllegalStateException.class, () -> runner.run(recipe));
        assertEquals(List.of(false), interrupted);
        assertEquals(true, Thread.interrupted());
    }
}
