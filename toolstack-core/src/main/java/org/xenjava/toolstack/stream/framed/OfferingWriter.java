// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.stream.framed;

import java.io.IOException;
import java.nio.channels.WritableByteChannel;
import java.time.Duration;
import java.util.Optional;
import org.xenjava.toolstack.stream.PageSource;
import org.xenjava.toolstack.stream.RecordWriter;
import org.xenjava.toolstack.stream.SaveStreamWriter;
import org.xenjava.toolstack.stream.StreamRecord;
import org.xenjava.toolstack.stream.XlHeader;

/** Writes the records of a domain: in frames if the other end accepts the offer, and otherwise in xl's format. */
public final class OfferingWriter implements RecordWriter, AutoCloseable {
    private final WritableByteChannel channel;
    private final SaveStreamWriter plain;
    private final FrameWriter frames;
    private final int features;
    private final Answer answer;
    private final Optional<Reconnection> reconnection;
    private Optional<FramedWriter> framed = Optional.empty();

    /** The way to the answer of the other end. */
    @FunctionalInterface
    public interface Answer {
        /**
         * Waits for the answer.
         *
         * @return the answer; empty if none came, which another end than that of this library does not send
         * @throws IOException if the link is broken
         */
        Optional<Terms> await() throws IOException;
    }

    /**
     * Writes to a channel.
     *
     * @param channel a blocking channel; the caller closes it
     * @param features that the sender wants, but {@link Terms#RESUME} and {@link Terms#PARALLEL}
     * @param answer waits for the answer after the header
     * @param reconnection the way to a further link; empty if there is none
     */
    public OfferingWriter(
            WritableByteChannel channel, int features, Answer answer, Optional<Reconnection> reconnection) {
        this.channel = channel;
        this.plain = new SaveStreamWriter(channel);
        this.frames = new FrameWriter(channel);
        this.features = features | reconnection.map(OfferingWriter::features).orElse(0);
        this.answer = answer;
        this.reconnection = reconnection;
    }

    private static int features(Reconnection links) {
        return Terms.RESUME | (links.streams() > 1 ? Terms.PARALLEL : 0);
    }

    @Override
    public void header(XlHeader header) throws IOException {
        Offer offer = new Offer(Terms.VERSION, Terms.VERSION, features);
        plain.header(header, offer.encode());
        Optional<Terms> answered = answer.await().filter(terms -> terms.version() == Terms.VERSION);
        if (answered.isPresent()) {
            int common = answered.get().features() & features;
            // Without a token, no further link is known to be of this migration.
            Terms chosen = new Terms(Terms.VERSION, (common & Terms.RESUME) != 0 ? common : common & ~Terms.PARALLEL);
            framed = Optional.of(
                    new FramedWriter(channel, frames, chosen, reconnection.filter(again -> chosen.has(Terms.RESUME))));
        }
    }

    /** {@return whether the other end has accepted the offer} */
    public boolean isFramed() {
        return framed.isPresent();
    }

    /**
     * Goes on over a further link after the last one was lost: the frames that the receiver lacks are written again.
     *
     * @param cause the failure of the last link
     * @throws IOException if there is no further link; the cause if the ends have not agreed on one
     */
    public void resume(IOException cause) throws IOException {
        framed.orElseThrow(() -> cause).resume(cause);
    }

    @Override
    public void rereadingFrom(PageSource source) {
        framed.ifPresent(writer -> writer.rereadingFrom(source));
    }

    /** {@return whether both ends have agreed on going on over a further link} */
    public boolean isResumable() {
        return framed.filter(FramedWriter::isResumable).isPresent();
    }

    @Override
    public void flush() throws IOException {
        if (framed.isPresent()) {
            framed.get().flush();
        }
    }

    /**
     * Waits until all pages were written, so that the writer of the frames may be used.
     *
     * @param time the longest wait
     * @return whether all were written and no link is lost
     */
    public boolean isFlushedWithin(Duration time) {
        return framed.map(writer -> writer.isFlushedWithin(time)).orElse(true);
    }

    /** {@return whether pages were sent over several links} */
    public boolean isParallel() {
        return framed.filter(FramedWriter::isParallel).isPresent();
    }

    /** Ends the threads of links beside the first one, once each has written what it has. */
    @Override
    public void close() {
        framed.ifPresent(FramedWriter::end);
    }

    /** {@return the writer of the frames} */
    public FrameWriter frames() {
        return frames;
    }

    @Override
    public void write(StreamRecord record) throws IOException {
        if (framed.isPresent()) {
            framed.get().write(record);
        } else {
            plain.write(record);
        }
    }

    @Override
    public void aroundOutages(Runnable lost, Runnable replaced) {
        framed.ifPresent(writer -> writer.aroundOutages(lost, replaced));
    }

    @Override
    public long outageNanos() {
        return framed.map(FramedWriter::outageNanos).orElse(0L);
    }

    @Override
    public long storedPages() {
        return framed.map(FramedWriter::storedPages).orElseGet(plain::storedPages);
    }
}
