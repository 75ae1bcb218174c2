// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.fault;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/**
 * Runs tasks of several processes so that their calls to Xen's libraries interleave at random. One task runs at a time;
 * at each call the next task is drawn. The same seed gives the same interleaving, except where a task waits for
 * something other than a call: after a short time the others go on without it.
 *
 * <pre>{@code
 * List<Optional<Throwable>> failures = Interleaving.run(seed, List.of(
 *         new Interleaving.Task(faultsOfOne, () -> one.create(config)),
 *         new Interleaving.Task(faultsOfOther, () -> other.create(config))));
 * }</pre>
 */
public final class Interleaving {
    /** Time after which the others go on without a task that makes no call. */
    private static final long STALL_MILLIS = 20;

    private final Random random;
    private final List<Task> tasks;

    // Guarded by this.
    private final BitSet unfinished = new BitSet();
    private int turn;
    private long turns;

    /**
     * A task of one process.
     *
     * @param faults the process; a fault is injected into it for the duration of the run
     * @param action the task
     */
    public record Task(FaultInjection faults, Runnable action) {}

    private Interleaving(long seed, List<Task> tasks) {
        this.random = new Random(seed);
        this.tasks = List.copyOf(tasks);
        unfinished.set(0, tasks.size());
    }

    /**
     * Runs the tasks to their ends. All faults of the processes are removed afterwards.
     *
     * @param seed chooses the interleaving
     * @param tasks one task for each process
     * @return the exception or error with which each task ended; empty if it succeeded
     */
    public static List<Optional<Throwable>> run(long seed, List<Task> tasks) {
        return new Interleaving(seed, tasks).run();
    }

    private List<Optional<Throwable>> run() {
        List<Racer> racers = new ArrayList<>();
        draw();
        for (int i = 0; i < tasks.size(); i++) {
            racers.add(new Racer(i));
        }
        racers.forEach(Thread::start);
        return racers.stream().map(Racer::result).toList();
    }

    private synchronized void draw() {
        int skip = unfinished.isEmpty() ? 0 : random.nextInt(unfinished.cardinality());
        turn = unfinished.stream().skip(skip).findFirst().orElse(-1);
        turns++;
        notifyAll();
    }

    private synchronized void waitForTurn(int task) {
        long seen = turns;
        boolean interrupted = false;
        while (turn != task) {
            try {
                wait(STALL_MILLIS);
            } catch (InterruptedException e) {
                interrupted = true;
            }
            if (turn != task && turns == seen) {
                // The task whose turn it is waits for something else.
                turn = task;
            }
            seen = turns;
        }
        turns++;
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized void finish(int task) {
        unfinished.clear(task);
        draw();
    }

    /** The thread of one task. */
    private final class Racer extends Thread {
        private final int number;
        private Optional<Throwable> failure = Optional.empty();

        private Racer(int number) {
            super("interleaved-" + number);
            this.number = number;
        }

        @Override
        public void run() {
            FaultInjection faults = tasks.get(number).faults();
            faults.inject(this::pass);
            try {
                waitForTurn(number);
                tasks.get(number).action().run();
            } catch (RuntimeException | Error e) {
                failure = Optional.of(e);
            } finally {
                faults.heal();
                finish(number);
            }
        }

        /** Other threads of the process, which wait for watches, pass at any time. */
        private Verdict pass(FaultSite call) {
            if (Thread.currentThread() == this) {
                draw();
                waitForTurn(number);
            }
            return new Verdict.Passes();
        }

        private Optional<Throwable> result() {
            try {
                join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted while tasks ran", e);
            }
            return failure;
        }
    }
}
