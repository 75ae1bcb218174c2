// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli;

import java.util.concurrent.CountDownLatch;
import java.util.function.Function;
import org.xenjava.toolstack.build.Cancellation;

/** A build that Ctrl-C cancels: the process does not end before what was done is undone. */
final class InterruptibleBuild {
    private InterruptibleBuild() {}

    static <T> T run(Function<Cancellation, T> build) {
        Cancellation cancellation = new Cancellation();
        CountDownLatch over = new CountDownLatch(1);
        Thread hook = new Thread(
                () -> {
                    cancellation.cancel();
                    awaitQuietly(over);
                },
                "cancel the build");
        Runtime.getRuntime().addShutdownHook(hook);
        try {
            return build.apply(cancellation);
        } finally {
            over.countDown();
            remove(hook);
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
