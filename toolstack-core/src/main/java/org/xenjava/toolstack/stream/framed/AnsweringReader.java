// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.stream.framed;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.util.Optional;
import org.xenjava.toolstack.error.SaveStreamException;
import org.xenjava.toolstack.stream.PageBatch;
import org.xenjava.toolstack.stream.RecordReader;
import org.xenjava.toolstack.stream.SaveStreamReader;
import org.xenjava.toolstack.stream.StreamRecord;
import org.xenjava.toolstack.stream.XlHeader;

/** Reads the records of a domain in frames or in xl's format, and accepts the offer of a sender that makes one. */
public final class AnsweringReader implements RecordReader {
    private static final int MOST_PADDING = 7;

    private final ReadableByteChannel channel;
    private final FrameWriter answers;
    private final Rejoining rejoining;
    private final FrameReader frames = new FrameReader();
    private final Source source = new Source();
    private final SaveStreamReader records = new SaveStreamReader(source);
    private Optional<PageFrames> pages = Optional.empty();

    /** The links of a sender that uses several. */
    private Optional<ParallelFrames> parallel = Optional.empty();

    private boolean memoryBegun;
    private boolean releasingDisks;
    private String name = "";

    /**
     * Reads from a channel.
     *
     * @param channel a blocking channel; the caller closes it
     * @param answers takes the answer to an offer
     * @param rejoining the way to a further link
     */
    public AnsweringReader(ReadableByteChannel channel, FrameWriter answers, Rejoining rejoining) {
        this.channel = channel;
        this.answers = answers;
        this.rejoining = rejoining;
    }

    /** The bytes that the reader of records gets: those of the link, or those of the present frame. */
    private final class Source implements ReadableByteChannel {
        private ByteBuffer bytes = ByteBuffer.allocate(0);

        /** Adds the body of a frame behind the padding of the last one. */
        private void append(ByteBuffer body) {
            bytes = bytes.hasRemaining()
                    ? ByteBuffer.allocate(bytes.remaining() + body.remaining())
                            .put(bytes)
                            .put(body)
                            .flip()
                    : body;
        }

        /** Keeps the padding: the body of a frame is valid until the next one is read. */
        private void keepPadding() {
            bytes = ByteBuffer.allocate(bytes.remaining()).put(bytes).flip();
        }

        @Override
        public int read(ByteBuffer into) throws IOException {
            if (!bytes.hasRemaining()) {
                return isFramed() ? -1 : channel.read(into);
            }
            int count = Math.min(bytes.remaining(), into.remaining());
            into.put(bytes.slice(bytes.position(), count));
            bytes.position(bytes.position() + count);
            return count;
        }

        @Override
        public boolean isOpen() {
            return channel.isOpen();
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }

    /** {@return whether the sender uses frames} */
    public boolean isFramed() {
        return pages.isPresent();
    }

    /** {@return the reader of the sender's frames} */
    public FrameReader frames() {
        return frames;
    }

    @Override
    public XlHeader header() throws IOException {
        XlHeader header = records.header();
        Optional<Offer> offer = Offer.in(records.extra());
        if (offer.isPresent()) {
            int able = rejoining.isPossible() ? Terms.ALL_FEATURES : Terms.FEATURES_OF_ONE_LINK;
            Terms answer = offer.get().answered(Terms.VERSION, able);
            answers.write(FrameType.ANSWER, answer.body());
            begin(answer);
        }
        return header;
    }

    /** Looks at the first byte behind the header: libxl's stream begins with another one than a frame. */
    private void begin(Terms answer) throws IOException {
        ByteBuffer first = ByteBuffer.allocate(1);
        if (channel.read(first) < 0) {
            throw frames.wrong("the link ends here");
        }
        if (first.get(0) != FrameType.START.number()) {
            source.bytes = first.flip();
            return;
        }
        Frame frame = frames.next(channel, first.array());
        Start start = Start.read(frame, frames);
        Terms chosen = start.terms();
        if (frame.type() != FrameType.START || answer.version() == 0 || chosen.version() != answer.version()) {
            throw frames.wrong("version " + Integer.toUnsignedString(chosen.version()) + " was not agreed");
        }
        if ((chosen.features() & ~answer.features()) != 0) {
            throw frames.wrong("a feature was not agreed");
        }
        pages = Optional.of(new PageFrames(chosen.has(Terms.ZSTD)));
        releasingDisks = chosen.has(Terms.QEMU_DISKS);
        if (chosen.has(Terms.PARALLEL)) {
            ParallelFrames links = new ParallelFrames(chosen.has(Terms.ZSTD));
            links.add(rejoining.present(), frames.number());
            parallel = Optional.of(links);
        }
        if (start.identity().isPresent()) {
            rejoining.begin(start.identity().get(), beside -> parallel.filter(links -> links.addBeside(beside))
                    .isPresent());
        }
    }

    @Override
    public StreamRecord next() throws IOException {
        if (pages.isEmpty()) {
            return plain();
        }
        Arrived arrived = arrived(pages.get());
        Frame frame = arrived.frame();
        if (arrived.pages().isPresent()) {
            return page(arrived.pages().get());
        }
        if (frame.type() == FrameType.GIVE_UP) {
            throw frames.wrong("the sender has ended the migration: " + frame.text());
        }
        if (frame.type() != FrameType.RECORD) {
            throw frames.wrong("a frame " + frame.type() + " is not allowed inside the domain");
        }
        source.append(frame.body());
        StreamRecord record = plain();
        if (record instanceof PageBatch) {
            throw frames.wrong("a RECORD frame contains PAGE_DATA");
        }
        // Padding is read with the next record.
        if (source.bytes.remaining() > MOST_PADDING) {
            throw frames.wrong(source.bytes.remaining() + " bytes behind a record");
        }
        source.keepPadding();
        memoryBegun |= record instanceof StreamRecord.StaticDataEnd;
        memoryBegun &= !(record instanceof StreamRecord.ImageEnd);
        if (record instanceof StreamRecord.StreamEnd) {
            // The next frame is read from the first link by the caller.
            parallel.ifPresent(ParallelFrames::clear);
        }
        return record;
    }

    /** Reads the next frame, over a further link if this one is lost. */
    private Arrived arrived(PageFrames codec) throws IOException {
        for (; ; ) {
            try {
                return parallel.isPresent() ? arrived(parallel.get()) : Arrived.read(frames, channel, codec);
            } catch (IOException e) {
                if (!rejoin(e)) {
                    throw e;
                }
            } catch (SaveStreamException e) {
                if (!frames.isBroken() || !rejoin(e)) {
                    throw e;
                }
            }
        }
    }

    private Arrived arrived(ParallelFrames links) throws IOException {
        Arrived arrived = links.next(frames.number());
        frames.resumeAt(arrived.number() + 1);
        return arrived;
    }

    private boolean rejoin(Exception cause) {
        parallel.ifPresent(ParallelFrames::clear);
        boolean again = rejoining.await(frames.number(), cause);
        if (again) {
            parallel.ifPresent(links -> links.add(rejoining.present(), frames.number()));
        }
        return again;
    }

    private StreamRecord plain() throws IOException {
        StreamRecord record = records.next();
        name = records.recordName();
        return record;
    }

    private PageBatch page(PageBatch batch) {
        if (!memoryBegun) {
            throw frames.wrong("a page is outside the guest's memory");
        }
        name = FrameType.PAGES.name();
        return batch;
    }

    @Override
    public String recordName() {
        return name;
    }

    @Override
    public boolean isSenderReleasingDisks() {
        return releasingDisks;
    }
}
