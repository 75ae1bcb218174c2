// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class StepRunnerTest {
    private final List<String> done = new ArrayList<>();
    private final StepRunner runner = new StepRunner("guest", CreateListener.NONE, new Cancellation());

    private static Runnable failing(RuntimeException failure) {
        return () -> {
            throw failure;
        };
    }

    private Runnable noting(String word) {
        return () -> done.add(word);
    }

    @Test
    void stepsRunInTheirOrder() {
        runner.then("one", noting("one"))
                .then("two", noting("two"), noting("undo two"))
                .run();
        assertEquals(List.of("one", "two"), done);
    }

    @Test
    void theStepThatFailsAndThoseBeforeItAreUndoneLastFirst() {
        IllegalStateException failure = new IllegalStateException();
        runner.then("one", noting("one"), noting("undo one"))
                .then("two", noting("two"))
                .then("three", failing(failure), noting("undo three"))
                .then("four", noting("four"), noting("undo four"));
        assertSame(failure, assertThrows(IllegalStateException.class, runner::run));
        assertEquals(List.of("one", "two", "undo three", "undo one"), done);
    }

    @Test
    void anUndoThatFailsIsSuppressedAndKeepsTheNote() {
        IllegalStateException undoFailure = new IllegalStateException("undo");
        runner.thenNote("note", noting("note"), noting("forget"))
                .then("one", noting("one"), noting("undo one"))
                .then("two", noting("two"), failing(undoFailure))
                .then("three", failing(new IllegalStateException("three")));
        IllegalStateException failure = assertThrows(IllegalStateException.class, runner::run);
        assertEquals(List.of(undoFailure), List.of(failure.getSuppressed()));
        assertEquals(List.of("note", "one", "two", "undo one"), done);
    }

    @Test
    void whenEverythingIsUndoneTheNoteIsForgotten() {
        runner.thenNote("note", noting("note"), noting("forget"))
                .then("one", failing(new IllegalStateException()), noting("undo one"));
        assertThrows(IllegalStateException.class, runner::run);
        assertEquals(List.of("note", "undo one", "forget"), done);
    }

    @Test
    void oneAndTheSameFailureTwiceIsNoFailureOfItsOwn() {
        IllegalStateException same = new IllegalStateException();
        runner.then("one", failing(same), failing(same));
        assertSame(same, assertThrows(IllegalStateException.class, runner::run));
        assertEquals(0, same.getSuppressed().length);
    }
}
