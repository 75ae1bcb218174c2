// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.error.OperationCancelledException;
import org.xenjava.toolstack.error.ToolstackException;
import org.xenjava.toolstack.host.TestHost;
import org.xenjava.toolstack.progress.Cancellation;
import org.xenjava.toolstack.progress.CreateListener;
import org.xenjava.toolstack.progress.CreateListener.Progress;
import org.xenjava.toolstack.progress.CreateStep;
import org.xenjava.toolstack.progress.StepPhase;
import org.xenjava.toolstack.sim.fault.Fault;
import org.xenjava.toolstack.sim.fault.MachineState;
import org.xenjava.toolstack.sim.fault.Verdict;
import org.xenjava.toolstack.xenctrl.lib.Errno;

class CancelledBuildTest {
    private static final DomainConfig CONFIG = TestHost.guest("watched", 16, 32).build();

    private final TestHost host = TestHost.create();
    private final MachineState before = host.state();

    @AfterEach
    void close() {
        host.close();
    }

    private List<Progress> stepsOfABuild() {
        List<Progress> messages = new ArrayList<>();
        host.toolstack.create(CONFIG, messages::add, new Cancellation()).destroy();
        return messages.stream()
                .filter(message -> message.phase() == StepPhase.STARTED)
                .toList();
    }

    /** Does something as soon as that step has started. */
    private static CreateListener at(int step, Runnable action) {
        return message -> {
            if (message.number() == step && message.phase() == StepPhase.STARTED) {
                action.run();
            }
        };
    }

    @Test
    void theListenerGetsTheStartAndEndOfEachStepInOrder() {
        List<Progress> messages = new ArrayList<>();
        host.toolstack.create(CONFIG, messages::add, new Cancellation());
        int total = messages.get(0).total();
        assertEquals(2 * total, messages.size());
        for (int i = 0; i < total; i++) {
            Progress started = messages.get(2 * i);
            assertEquals(new Progress("watched", started.step(), i + 1, total, StepPhase.STARTED), started);
            assertEquals(
                    new Progress("watched", started.step(), i + 1, total, StepPhase.DONE), messages.get(2 * i + 1));
        }
    }

    @Test
    void theListenerGetsTheUndoneStepsLastFirst() {
        List<CreateStep> undone = new ArrayList<>();
        host.faults.inject(Fault.nthOf("xs_introduce_domain", 1, Errno.EINVAL));
        CreateListener listener = message -> {
            if (message.phase() == StepPhase.UNDONE) {
                undone.add(message.step());
            }
        };
        assertThrows(ToolstackException.class, () -> host.toolstack.create(CONFIG, listener, new Cancellation()));
        assertEquals(List.of(CreateStep.WRITE_XENSTORE, CreateStep.CREATE_DOMAIN, CreateStep.RECORD_BUILD), undone);
    }

    @Test
    void aBuildCancelledAtAnyStepButTheLastLeavesNothing() {
        List<Progress> steps = stepsOfABuild();
        for (Progress step : steps.subList(0, steps.size() - 1)) {
            Cancellation cancellation = new Cancellation();
            OperationCancelledException e = assertThrows(
                    OperationCancelledException.class,
                    () -> host.toolstack.create(CONFIG, at(step.number(), cancellation::cancel), cancellation));
            assertEquals("building domain watched was cancelled, and its effects were undone", e.getMessage());
            host.assertUnchangedSince(before, "cancelled at " + step);
        }
    }

    @Test
    void aBuildCancelledInItsLastStepSucceeds() {
        int last = stepsOfABuild().size();
        Cancellation cancellation = new Cancellation();
        Domain domain = host.toolstack.create(CONFIG, at(last, cancellation::cancel), cancellation);
        assertTrue(domain.exists());
    }

    @Test
    void aBuildCancelledBeforehandDoesNotBegin() {
        Cancellation cancellation = new Cancellation();
        cancellation.cancel();
        long calls = host.faults.calls();
        assertThrows(
                OperationCancelledException.class,
                () -> host.toolstack.create(CONFIG, CreateListener.NONE, cancellation));
        assertEquals(calls, host.faults.calls());
    }

    @Test
    void aPopulationIsCancelledBetweenItsCalls() {
        Cancellation cancellation = new Cancellation();
        AtomicInteger populates = new AtomicInteger();
        host.faults.inject(call -> {
            if (call.name().equals("XENMEM_populate_physmap")) {
                populates.incrementAndGet();
                cancellation.cancel();
            }
            return new Verdict.Passes();
        });
        assertThrows(
                OperationCancelledException.class,
                () -> host.toolstack.create(
                        TestHost.guest("large", 256, 512).build(), CreateListener.NONE, cancellation));
        assertEquals(1, populates.get());
        host.assertUnchangedSince(before, "cancelled while populating");
    }

    @Test
    void anInterruptCancelsAtAnyStepAndStaysSet() {
        List<Progress> steps = stepsOfABuild();
        for (Progress step : steps.subList(0, steps.size() - 1)) {
            CreateListener interrupting =
                    at(step.number(), () -> Thread.currentThread().interrupt());
            assertThrows(
                    OperationCancelledException.class,
                    () -> host.toolstack.create(CONFIG, interrupting, new Cancellation()));
            assertTrue(Thread.interrupted(), "the interrupt is the caller's");
            host.assertUnchangedSince(before, "interrupted at " + step);
        }
    }

    @Test
    void aListenerThatThrowsChangesNothing() {
        Domain domain = host.toolstack.create(
                CONFIG,
                message -> {
                    throw new IllegalStateException("listener");
                },
                new Cancellation());
        assertEquals("watched", domain.name());
    }

    @Test
    void anErrorInAListenerEndsTheBuildAndLeavesNothingBehind() {
        for (Progress step : stepsOfABuild()) {
            AssertionError error = new AssertionError("listener");
            CreateListener failing = message -> {
                if (message.number() >= step.number() || message.phase() == StepPhase.UNDONE) {
                    throw error;
                }
            };
            assertSame(
                    error,
                    assertThrows(
                            AssertionError.class, () -> host.toolstack.create(CONFIG, failing, new Cancellation())));
            host.assertUnchangedSince(before, "an error at " + step);
        }
        assertFalse(Thread.interrupted());
    }
}
