// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.operation;

import java.util.Collection;
import java.util.List;
import java.util.function.Supplier;

/** Undo on failure. A failure of the undo is added to the failure that caused it as a suppressed exception. */
public final class Undo {
    private Undo() {}

    /**
     * Runs {@code work}, and {@code undo} if {@code work} fails.
     *
     * @return the result of the work
     * @throws RuntimeException what {@code work} threw
     */
    public static <T> T onFailure(Supplier<T> work, Runnable undo) {
        try {
            return work.get();
        } catch (RuntimeException | Error e) {
            uninterrupted(() -> succeeds(undo, e));
            throw e;
        }
    }

    /** As {@link #onFailure(Supplier, Runnable)}, for work without a result. */
    public static void onFailure(Runnable work, Runnable undo) {
        onFailure(
                () -> {
                    work.run();
                    return undo;
                },
                undo);
    }

    /**
     * Runs all parts in order; the failure of one does not keep the others from running.
     *
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

    /** As {@link #all(Collection)}. */
    public static void all(Runnable... parts) {
        all(List.of(parts));
    }

    /** Runs {@code work}; whether it succeeded. A failure is added to {@code failure}. */
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

    /** Runs {@code work} with the thread's interrupt set aside: an interrupt that ended the work must not end its undo. */
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
