// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.trace.call;

import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import org.xenjava.toolstack.trace.format.Request;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;

/** Where calls go: to the real libraries and into a trace, or to a trace alone. */
public interface CallChannel {
    /** Longer than anything lasts, and short enough to be counted in nanoseconds. */
    Duration FOREVER = Duration.ofDays(36_500);

    /**
     * Gets the answer to one call.
     *
     * @param request the call
     * @param answer how its answer is written and read
     * @param live makes the call; not used by a replay
     * @throws XenLibException if the call fails, or failed when it was recorded
     */
    <T> T exchange(Request request, Answer<T> answer, Function<XenLibraries, T> live);

    /**
     * Waits for something to happen, while other threads make their calls.
     *
     * @param timeout the longest time to wait
     * @return empty if nothing happened
     */
    <T> Optional<T> await(
            Request request, Duration timeout, Answer<T> answer, Function<XenLibraries, Optional<T>> live);

    /** False once this is closed, or has failed as a replay. */
    boolean isOpen();

    /** Whether no real Xen is behind this; nothing is recorded of the question. */
    boolean isSimulation();

    /** Ends the recording and closes the real libraries; a replay has nothing to close. */
    void close();

    /** A call without a result. */
    default void perform(Request request, Consumer<XenLibraries> live) {
        exchange(request, Answer.NOTHING, libraries -> {
            live.accept(libraries);
            return Answer.Nothing.NOTHING;
        });
    }

    /** Gives something back, which is harmless afterwards: cleaning up must not hide why a replay failed. */
    default void release(Request request, Consumer<XenLibraries> live) {
        if (isOpen()) {
            perform(request, live);
        }
    }
}
