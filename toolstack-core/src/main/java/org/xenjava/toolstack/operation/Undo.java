// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.operation;

import java.util.Collection;
import java.util.List;
import java.util.function.Supplier;

/** Undo on failure. A failure of an undo is added, as a suppressed exception, to the failure that led to it. */
public final class Undo {
    private Undo() {}

    /**
     * Runs {@code work}, and {@code undo} if {@code work} fails.
     *
     * @param <T> type of the result
     * @param work the work
     * @param undo removes the effects of the work
     * @return the result of the work
     * @throws RuntimeException the exception of {@code work}
     */
    public static <T> T onFailure(Supplier<T> work, Runnable undo) {
        try {
            return work.get();
        } catch (RuntimeException | Error e) {
            uninterrupted(() -> succeeds(undo, e));
            throw e;
        }
    }

    /**
     * Runs work without a result as {@link #onFailure(Supplier, Runnable)} does.
     *
     * @param work the work
     * @param undo removes the effects of the work
     */
    public static void onFailure(Runnable work, Runnable undo) {
        onFailure(
                () -> {
                    work.run();
                    return undo;
                },
                undo);
    }

    /**
     * Runs all parts in order, also after the failure of one.
     *
     * @param parts the parts
     * @throws RuntimeException the first failure, with the others suppressed
     */
    public static void all(Collection<Runnable> parts) {
        RuntimeException first = null;
        for (Runnable part : parts) {
            try {
                part.run();
            } catch (RuntimeException e) {
                if (first == null) {
                    first = e;
                } else if (e != first) {
                    first.addSuppressed(e);
                }
            }
        }
        if (first != null) {
            throw first;
        }
    }

    /**
     * Runs all parts as {@link #all(Collection)} does.
     *
     * @param parts the parts
     */
    public static void all(Runnable... parts) {
        all(List.of(parts));
    }

    /** Runs {@code work} and returns whether it succeeded. A failure is added to {@code failure}. */
    static boolean succeeds(Runnable work, Throwable failure) {
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

    /** Runs {@code work} without the thread's interrupt: an interrupt that ended the work must not end its undo. */
    static void uninterrupted(Runnable work) {
        boolean interrupted = Thread.interrupted();
        try {
            work.run();
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
