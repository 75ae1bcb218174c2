// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.stream.framed;

import java.io.IOException;
import java.nio.channels.WritableByteChannel;
import java.util.Optional;
import org.xenjava.toolstack.stream.RecordWriter;
import org.xenjava.toolstack.stream.SaveStreamWriter;
import org.xenjava.toolstack.stream.StreamRecord;
import org.xenjava.toolstack.stream.XlHeader;

/** Writes the records of a domain: in frames if the other end accepts the offer, and otherwise in xl's format. */
public final class OfferingWriter implements RecordWriter {
    private final SaveStreamWriter plain;
    private final FrameWriter frames;
    private final int features;
    private final Answer answer;
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
     * @param features that the sender wants
     * @param answer waits for the answer after the header
     */
    public OfferingWriter(WritableByteChannel channel, int features, Answer answer) {
        this.plain = new SaveStreamWriter(channel);
        this.frames = new FrameWriter(channel);
        this.features = features;
        this.answer = answer;
    }

    @Override
    public void header(XlHeader header) throws IOException {
        Offer offer = new Offer(Terms.VERSION, Terms.VERSION, features);
        plain.header(header, offer.encode());
        Optional<Terms> answered = answer.await().filter(terms -> terms.version() == Terms.VERSION);
        if (answered.isPresent()) {
            Terms chosen = new Terms(Terms.VERSION, answered.get().features() & features);
            framed = Optional.of(new FramedWriter(frames, chosen));
        }
    }

    /** {@return whether the other end has accepted the offer} */
    public boolean isFramed() {
        return framed.isPresent();
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
    public long storedPages() {
        return framed.map(FramedWriter::storedPages).orElseGet(plain::storedPages);
    }
}
