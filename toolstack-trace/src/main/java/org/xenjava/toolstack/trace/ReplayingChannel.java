// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.trace;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.xenjava.toolstack.trace.call.Answer;
import org.xenjava.toolstack.trace.call.CallChannel;
import org.xenjava.toolstack.trace.format.Request;
import org.xenjava.toolstack.trace.format.TraceLine;
import org.xenjava.toolstack.xenctrl.lib.StoreAnswer;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;

/**
 * Answers calls from a trace, in its order. The result of a call that waits is available to the next call that waits,
 * but not before all calls that were recorded before it have been made.
 */
final class ReplayingChannel implements CallChannel {
    private static final int SHOWN = 8;

    private final Trace trace;
    private final List<TraceLine> lines;
    private final List<TraceLine> happened = new ArrayList<>();
    private final Set<Thread> callers = new HashSet<>();
    private int next;
    private boolean closed;
    private boolean waitEnded;
    private @Nullable ReplayMismatchException mismatch;

    ReplayingChannel(Trace trace) {
        this.trace = trace;
        this.lines = trace.lines();
    }

    @Override
    public synchronized <T> T exchange(Request request, Answer<T> answer, Function<XenLibraries, T> live) {
        enter(request);
        if (next == lines.size()) {
            throw fail(List.of(new Difference("call", end(), request.toString())), end(), request);
        }
        TraceLine line = lines.get(next);
        List<Difference> differences = Differences.between(line.request(), request);
        if (!differences.isEmpty()) {
            throw fail(differences, line.request().toString(), request);
        }
        next++;
        passWaits();
        return answer(line, answer);
    }

    @Override
    public synchronized List<StoreAnswer> exchangeAll(
            List<StoreCall> calls, Function<XenLibraries, List<StoreAnswer>> live) {
        List<StoreAnswer> answers = new ArrayList<>();
        for (StoreCall call : calls) {
            try {
                answers.add(exchange(call.request(), call.answer(), xen -> new StoreAnswer.Done()));
            } catch (XenLibException e) {
                answers.add(new StoreAnswer.Refused(e));
            }
        }
        return answers;
    }

    @Override
    public synchronized <T> Optional<T> await(
            Request request, Duration timeout, Answer<T> answer, Function<XenLibraries, Optional<T>> live) {
        long deadline = System.nanoTime() + (timeout.compareTo(FOREVER) < 0 ? timeout : FOREVER).toNanos();
        while (true) {
            enter(request);
            Optional<TraceLine> line = take(request.name());
            if (line.isPresent()) {
                return Optional.of(answer(line.get(), answer));
            }
            long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
            // Without other threads no further result can become available, so do not wait.
            if (left <= 0 || callers.size() == 1 || waitEnded) {
                waitEnded = false;
                return Optional.empty();
            }
            try {
                wait(left);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return Optional.empty();
            }
        }
    }

    @Override
    public synchronized void endWaits(Consumer<XenLibraries> live) {
        waitEnded = true;
        notifyAll();
    }

    @Override
    public synchronized boolean isOpen() {
        return !closed && mismatch == null;
    }

    @Override
    public synchronized void close() {
        closed = true;
        notifyAll();
    }

    synchronized void assertFinished() {
        if (mismatch != null) {
            throw new ReplayMismatchException("the replay failed: " + mismatch.getMessage(), mismatch);
        }
        passWaits();
        if (next < lines.size()) {
            Request due = lines.get(next).request();
            String text = "calls were recorded that were not made; the first is record " + (next + 1) + ": " + due;
            throw new ReplayMismatchException(
                    next + 1, text, List.of(new Difference("call", due.toString(), "the end of the replay")));
        }
    }

    private void enter(Request request) {
        if (mismatch != null) {
            throw new ReplayMismatchException(
                    request + " after the replay had failed at record " + mismatch.sequence(), mismatch);
        }
        if (closed) {
            throw new IllegalStateException("the replay is closed");
        }
        callers.add(Thread.currentThread());
        passWaits();
    }

    /** Makes the results of waiting calls available that are next in the trace. */
    private void passWaits() {
        while (next < lines.size() && lines.get(next).request().waits()) {
            happened.add(lines.get(next));
            next++;
        }
        notifyAll();
    }

    private Optional<TraceLine> take(String name) {
        for (Iterator<TraceLine> i = happened.iterator(); i.hasNext(); ) {
            TraceLine line = i.next();
            if (line.request().name().equals(name)) {
                i.remove();
                return Optional.of(line);
            }
        }
        return Optional.empty();
    }

    private <T> T answer(TraceLine line, Answer<T> answer) {
        try {
            answer.restore(line.effects());
            if (line.failure().isEmpty()) {
                return answer.decode(line.result());
            }
        } catch (RuntimeException e) {
            throw trace.malformed(line, e);
        }
        throw line.failure().get().exception();
    }

    private ReplayMismatchException fail(List<Difference> differences, String recorded, Request actual) {
        StringBuilder text = new StringBuilder("the replay differs at record ").append(next + 1);
        text.append("\n  recorded: ").append(recorded);
        text.append("\n  now:      ").append(actual);
        differences.stream().filter(d -> !d.field().equals("call")).limit(SHOWN).forEach(d -> text.append("\n  ")
                .append(d));
        if (differences.size() > SHOWN) {
            text.append("\n  and ").append(differences.size() - SHOWN).append(" more differences");
        }
        mismatch = new ReplayMismatchException(next + 1, text.toString(), differences);
        notifyAll();
        return mismatch;
    }

    private String end() {
        return trace.isComplete() ? "the end of the recording" : "nothing: the recording was cut off here";
    }
}
