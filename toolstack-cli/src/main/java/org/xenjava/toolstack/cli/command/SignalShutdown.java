// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.command;

import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;

/** Work that Ctrl-C or SIGTERM stops. The process ends after the work has ended. */
public final class SignalShutdown {
    private SignalShutdown() {}

    /**
     * Runs the work. If the process is ending already, the work is asked to end before it begins.
     *
     * @param stop asks the work to end soon; called on another thread, on Ctrl-C or SIGTERM
     */
    public static <T> T run(Runnable stop, Supplier<T> work) {
        CountDownLatch over = new CountDownLatch(1);
        Thread hook = new Thread(
                () -> {
                    stop.run();
                    awaitQuietly(over);
                },
                "orderly end");
        if (!add(hook)) {
            stop.run();
        }
        try {
            return work.get();
        } finally {
            over.countDown();
            remove(hook);
        }
    }

    /** Returns whether the process is ending. */
    public static boolean hasBegun() {
        Thread nothing = new Thread(() -> {}, "nothing");
        if (!add(nothing)) {
            return true;
        }
        remove(nothing);
        return false;
    }

    /** Returns false if the process is ending: Java then takes no hook. */
    private static boolean add(Thread hook) {
        try {
            Runtime.getRuntime().addShutdownHook(hook);
            return true;
        } catch (IllegalStateException e) {
            return false;
        }
    }

    private static void awaitQuietly(CountDownLatch over) {
        try {
            over.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void remove(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The process is ending: the hook runs.
        }
    }
}
