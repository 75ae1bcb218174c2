// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.operation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class UndoTest {
    private final List<String> done = new ArrayList<>();
    private final IllegalStateException failure = new IllegalStateException("work");

    private void fail(RuntimeException e) {
        throw e;
    }

    @Test
    void workThatSucceedsIsNotUndone() {
        assertEquals("result", Undo.onFailure(() -> "result", () -> done.add("undo")));
        assertEquals(List.of(), done);
    }

    @Test
    void workThatFailsIsUndoneAndItsFailureThrown() {
        assertSame(
                failure,
                assertThrows(
                        IllegalStateException.class,
                        () -> Undo.onFailure(() -> fail(failure), () -> done.add("undo"))));
        assertEquals(List.of("undo"), done);
    }

    @Test
    void aFailedUndoIsSuppressedInTheFailureOfTheWork() {
        IllegalArgumentException second = new IllegalArgumentException("undo");
        assertThrows(IllegalStateException.class, () -> Undo.onFailure(() -> fail(failure), () -> fail(second)));
        assertEquals(List.of(second), List.of(failure.getSuppressed()));
    }

    @Test
    void allPartsRunAndTheFirstFailureIsThrown() {
        IllegalArgumentException second = new IllegalArgumentException("second");
        assertSame(
                failure,
                assertThrows(
                        IllegalStateException.class,
                        () -> Undo.all(
                                () -> fail(failure),
                                () -> done.add("middle"),
                                () -> fail(second),
                                () -> done.add("last"))));
        assertEquals(List.of("middle", "last"), done);
        assertEquals(List.of(second), List.of(failure.getSuppressed()));
    }
}
