// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.trace.call;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import org.xenjava.toolstack.trace.format.Request;
import org.xenjava.toolstack.xenctrl.lib.StoreAnswer;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;

/** The destination of calls: real libraries and a trace, or a trace alone. */
public interface CallChannel {
    /** A timeout of 100 years, which fits into a number of nanoseconds. */
    Duration FOREVER = Duration.ofDays(36_500);

    /**
     * Gets the answer to one call.
     *
     * @param request the call
     * @param answer writes and reads the answer
     * @param live makes the call; a replay does not use it
     * @throws XenLibException if the call fails, or failed when it was recorded
     */
    <T> T exchange(Request request, Answer<T> answer, Function<XenLibraries, T> live);

    /**
     * Gets the answers to several calls that are made in one go.
     *
     * @param calls the calls, in their order
     * @param live makes the calls, and returns an answer to each; a replay does not use it
     * @return the answer to each call
     */
    List<StoreAnswer> exchangeAll(List<StoreCall> calls, Function<XenLibraries, List<StoreAnswer>> live);

    /**
     * A call to xenstored among several.
     *
     * @param request the call
     * @param answer writes and reads an answer that is no refusal
     */
    record StoreCall(Request request, Answer<StoreAnswer> answer) {}

    /**
     * Waits for an event while other threads make their calls.
     *
     * @param request the call
     * @param timeout the longest time to wait
     * @param answer writes and reads the answer
     * @param live makes the call; a replay does not use it
     * @return empty if the timeout expired
     */
    <T> Optional<T> await(
            Request request, Duration timeout, Answer<T> answer, Function<XenLibraries, Optional<T>> live);

    /**
     * Ends the wait for an event that is under way, or else the next one.
     *
     * @param live ends it in the libraries; a replay does not use it
     */
    void endWaits(Consumer<XenLibraries> live);

    /** Whether the channel was neither closed nor failed as a replay. */
    boolean isOpen();

    /** Ends the recording and closes the real libraries; a replay has nothing to close. */
    void close();

    /** Makes a call without a result. */
    default void perform(Request request, Consumer<XenLibraries> live) {
        exchange(request, Answer.NOTHING, libraries -> {
            live.accept(libraries);
            return Answer.Nothing.NOTHING;
        });
    }

    /** Releases a resource. A closed or failed channel ignores the call, so that cleaning up does not hide the failure of a replay. */
    default void release(Request request, Consumer<XenLibraries> live) {
        if (isOpen()) {
            perform(request, live);
        }
    }
}
