// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.trace;

import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import org.xenjava.toolstack.trace.call.Answer;
import org.xenjava.toolstack.trace.call.CallChannel;
import org.xenjava.toolstack.trace.format.Failure;
import org.xenjava.toolstack.trace.format.Request;
import org.xenjava.toolstack.trace.format.TraceLine;
import org.xenjava.toolstack.xenctrl.lib.StoreAnswer;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;

/** Makes the calls one at a time and records them. */
final class RecordingChannel implements CallChannel {
    private final XenLibraries real;
    private final TraceWriter out;
    private int records;
    private boolean closed;

    RecordingChannel(XenLibraries real, TraceWriter out) {
        this.real = real;
        this.out = out;
    }

    @Override
    public synchronized <T> T exchange(Request request, Answer<T> answer, Function<XenLibraries, T> live) {
        requireOpen();
        try {
            T result = live.apply(real);
            append(request, answer.encode(result), Optional.empty(), answer.effects());
            return result;
        } catch (XenLibException e) {
            append(request, JsonNull.INSTANCE, Optional.of(Failure.of(e)), answer.effects());
            throw e;
        }
    }

    @Override
    public synchronized List<StoreAnswer> exchangeAll(
            List<StoreCall> calls, Function<XenLibraries, List<StoreAnswer>> live) {
        requireOpen();
        List<StoreAnswer> answers = live.apply(real);
        for (int i = 0; i < answers.size(); i++) {
            StoreCall call = calls.get(i);
            if (answers.get(i) instanceof StoreAnswer.Refused refused) {
                append(
                        call.request(),
                        JsonNull.INSTANCE,
                        Optional.of(Failure.of(refused.failure())),
                        call.answer().effects());
            } else {
                append(
                        call.request(),
                        call.answer().encode(answers.get(i)),
                        Optional.empty(),
                        call.answer().effects());
            }
        }
        return answers;
    }

    @Override
    public <T> Optional<T> await(
            Request request, Duration timeout, Answer<T> answer, Function<XenLibraries, Optional<T>> live) {
        requireOpen();
        try {
            Optional<T> result = live.apply(real);
            result.ifPresent(r -> append(request, answer.encode(r), Optional.empty(), answer.effects()));
            return result;
        } catch (XenLibException e) {
            append(request, JsonNull.INSTANCE, Optional.of(Failure.of(e)), answer.effects());
            throw e;
        }
    }

    @Override
    public void endWaits(Consumer<XenLibraries> live) {
        live.accept(real);
    }

    @Override
    public synchronized boolean isOpen() {
        return !closed;
    }

    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        try {
            real.close();
        } finally {
            JsonObject end = new JsonObject();
            end.addProperty(TraceReader.END, records);
            out.append(end);
            out.close();
        }
    }

    private void requireOpen() {
        if (!isOpen()) {
            throw new IllegalStateException("the recording is closed");
        }
    }

    private synchronized void append(
            Request request, JsonElement result, Optional<Failure> failure, JsonObject effects) {
        if (!closed) {
            records++;
            out.append(new TraceLine(records, request, result, failure, effects).toJson());
        }
    }
}
