// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.handover;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.error.MigrationException;
import org.xenjava.toolstack.migrate.MigrationLimits;
import org.xenjava.toolstack.migrate.MigrationLink;
import org.xenjava.toolstack.operation.Undo;
import org.xenjava.toolstack.stream.RecordReader;
import org.xenjava.toolstack.stream.framed.AnsweringReader;
import org.xenjava.toolstack.stream.framed.FrameReader;
import org.xenjava.toolstack.stream.framed.FrameType;
import org.xenjava.toolstack.stream.framed.FrameWriter;

/** The receiving end of a migration. */
public final class MigrationReceiver {
    private static final Logger LOG = LoggerFactory.getLogger(MigrationReceiver.class);

    private final MigrationLink link;
    private final MigrationLimits limits;
    private final Runnable check;

    /** The sender may have given its permission over a link that is lost, and asks then. */
    private static final Duration AFTER_BUILT = Duration.ofSeconds(10);

    /**
     * Names the link.
     *
     * @param link the link to the sender, which is closed when {@link #receive} returns
     * @param limits the longest waits
     * @param check ends a wait for a further link by an exception if the receiver was cancelled
     */
    public MigrationReceiver(MigrationLink link, MigrationLimits limits, Runnable check) {
        this.link = link;
        this.limits = limits;
        this.check = check;
    }

    /** A guest that was received and does not run yet. */
    public interface Arrival {
        /** Takes the guest over, after the sender's permission. When it returns, the guest runs. */
        void takeOver();

        /** Removes the domain; the guest has not run in it. */
        void abandon();
    }

    /**
     * Receives a guest.
     *
     * @param <A> type of the guest
     * @param build builds a domain from the stream
     * @return the guest, which was taken over
     * @throws MigrationException if the sender keeps the guest; nothing of it is left here
     */
    public <A extends Arrival> A receive(Function<RecordReader, A> build) {
        try (ReceivingEnd end = new ReceivingEnd(link, limits, check)) {
            Handshake handshake = new Handshake(end.link());
            handshake.send(Handshake.READY);
            FrameWriter answers = new FrameWriter(end.channel());
            AnsweringReader reader = new AnsweringReader(end.channel(), answers, end);
            A arrival = build(build, reader, answers);
            LOG.debug("the guest was received");
            ArrivalMessages messages = reader.isFramed() ? messages(end, reader.frames(), answers) : handshake;
            Undo.onFailure(() -> awaitPermission(messages), arrival::abandon);
            takeOver(messages, arrival);
            return arrival;
        } catch (IOException e) {
            throw broken(e);
        }
    }

    private static FramedMessages messages(ReceivingEnd end, FrameReader frames, FrameWriter answers) {
        return new FramedMessages(
                end::link, frames, answers, cause -> end.await(frames.number(), cause, end.kept(AFTER_BUILT)));
    }

    /** Tells a sender of this library why its guest is refused. */
    private static <A> A build(Function<RecordReader, A> build, AnsweringReader reader, FrameWriter answers) {
        try {
            return build.apply(reader);
        } catch (RuntimeException e) {
            if (reader.isFramed()) {
                report(() -> answers.write(FrameType.REFUSED, String.valueOf(e.getMessage())));
            }
            throw e;
        }
    }

    private void awaitPermission(ArrivalMessages messages) {
        try {
            messages.built();
            messages.awaitPermission(limits.silence());
        } catch (IOException e) {
            throw broken(e);
        }
    }

    private static MigrationException broken(IOException e) {
        return new MigrationException("the link to the sender broke: " + e.getMessage(), e);
    }

    private static void takeOver(ArrivalMessages messages, Arrival arrival) {
        LOG.debug("the sender has given its permission");
        AtomicReference<String> reason = new AtomicReference<>("");
        Undo.onFailure(() -> takeOver(arrival, reason), () -> {
            // The guest goes back only once nothing of it is left here.
            arrival.abandon();
            report(() -> messages.givenBack(String.valueOf(reason.get())));
        });
        report(messages::started);
    }

    private static void takeOver(Arrival arrival, AtomicReference<String> reason) {
        try {
            arrival.takeOver();
        } catch (RuntimeException e) {
            reason.set(String.valueOf(e.getMessage()));
            throw e;
        }
    }

    /** A message to the sender. */
    @FunctionalInterface
    private interface Report {
        void send() throws IOException;
    }

    private static void report(Report report) {
        try {
            report.send();
        } catch (IOException e) {
            LOG.warn("the sender does not get the result of the migration: {}", e.getMessage());
        }
    }
}
