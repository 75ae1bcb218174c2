// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.balance;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * The answers to the waiting requests of one look. Older requests come first. A request that all trusted guests
 * together cannot fulfil is refused at once, with nothing taken from anybody.
 */
final class RequestRound {
    /** Drivers stop short of their targets: 1 % and 4 MiB more are asked for. */
    private static final long MARGIN_PARTS = 100;

    private static final long MARGIN = 1024;

    private final Map<String, MemoryAnswer> answers = new HashMap<>();
    private final List<MemoryRequest> pending = new ArrayList<>();
    private long free;
    private long possible;

    /**
     * @param free pages that are free now and kept for nobody
     * @param possible the most that can be had for all requests together
     * @param hindrance the reason for which it is not more, for messages; empty if there is none
     */
    RequestRound(List<MemoryRequest> requests, long free, long possible, String hindrance, Instant now) {
        this.free = free;
        this.possible = possible;
        requests.stream()
                .filter(request -> request.state() == MemoryRequest.State.WAITING)
                .sorted(Comparator.comparing(MemoryRequest::asked).thenComparing(MemoryRequest::id))
                .forEach(request -> answer(request, hindrance, now));
    }

    private void answer(MemoryRequest request, String hindrance, Instant now) {
        if (request.pages() > possible) {
            answers.put(
                    request.id(),
                    new MemoryAnswer.Refused(Sizes.mib(request.pages()) + " asked; "
                            + Sizes.mib(Math.max(0, possible)) + " is the most that the host and its guests can give"
                            + hindrance));
        } else if (pending.isEmpty() && request.pages() <= free) {
            answers.put(request.id(), new MemoryAnswer.Granted());
            free -= request.pages();
            possible -= request.pages();
        } else if (!now.isBefore(request.deadline())) {
            answers.put(
                    request.id(),
                    new MemoryAnswer.Refused(Sizes.mib(request.pages()) + " asked; " + Sizes.mib(Math.max(0, free))
                            + " are free when the time is up" + hindrance));
        } else {
            pending.add(request);
            possible -= request.pages();
        }
    }

    boolean isWaiting() {
        return !pending.isEmpty();
    }

    /** Pages that were free and are not granted. */
    long free() {
        return free;
    }

    /** Pages to make free for the requests that wait. */
    long needed() {
        return pending.stream()
                .mapToLong(request -> request.pages() + request.pages() / MARGIN_PARTS + MARGIN)
                .sum();
    }

    /** The answers; those that wait get the answer that the function gives for the sum up to them. */
    Map<String, MemoryAnswer> answers(Function<Long, MemoryAnswer> promise) {
        long sum = 0;
        for (MemoryRequest request : pending) {
            sum += request.pages();
            answers.put(request.id(), promise.apply(sum));
        }
        return Map.copyOf(answers);
    }
}
