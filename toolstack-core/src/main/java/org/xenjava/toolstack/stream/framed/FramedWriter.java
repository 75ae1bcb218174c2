// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.stream.framed;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.error.MigrationException;
import org.xenjava.toolstack.stream.PageBatch;
import org.xenjava.toolstack.stream.PageSource;
import org.xenjava.toolstack.stream.SaveStreamWriter;
import org.xenjava.toolstack.stream.StreamRecord;

/**
 * Writes the records of a domain in frames, once both ends have agreed to. If a link is lost and a further one is possible,
 * the frames that the receiver lacks are written again: records as they were, pages as they are then.
 */
final class FramedWriter {
    private static final Logger LOG = LoggerFactory.getLogger(FramedWriter.class);

    private final WritableByteChannel channel;
    private final FrameWriter frames;
    private final Terms terms;
    private final PageFrames pages;
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final SaveStreamWriter records = new SaveStreamWriter(Channels.newChannel(bytes));
    private final Optional<Reconnection> reconnection;
    private final SentFrames sent;

    /** Frames that were sent over a lost link and have to be sent again. */
    private final Deque<SentFrames.Sent> lost = new ArrayDeque<>();

    private PageSource source = (pfns, sink) -> {
        throw new IllegalStateException("pages cannot be read again");
    };
    private final AtomicLong storedPages = new AtomicLong();

    /** The time without a link, from the begin of the write that failed on. */
    private long outage;

    private long begun = System.nanoTime();
    private Runnable whenLost = () -> {};
    private Runnable whenReplaced = () -> {};

    /** The links that carry pages at once, from the first batch until a link is lost. */
    private Optional<ParallelPages> parallel = Optional.empty();

    /**
     * Writes the first frame.
     *
     * @param channel leads to the present link
     * @param frames writes to it
     * @param reconnection the way to a further link; empty if the receiver would not answer it
     */
    FramedWriter(WritableByteChannel channel, FrameWriter frames, Terms terms, Optional<Reconnection> reconnection)
            throws IOException {
        this.channel = channel;
        this.frames = frames;
        this.terms = terms;
        this.reconnection = reconnection;
        this.pages = new PageFrames(terms.has(Terms.ZSTD));
        Start start = new Start(terms, reconnection.map(Reconnection::identity));
        frames.write(FrameType.START, start.body());
        this.sent = new SentFrames(
                frames.number(),
                reconnection
                        .filter(links -> terms.has(Terms.PARALLEL))
                        .map(Reconnection::streams)
                        .orElse(1));
    }

    void rereadingFrom(PageSource pageSource) {
        source = pageSource;
    }

    boolean isResumable() {
        return reconnection.isPresent();
    }

    long storedPages() {
        return storedPages.get();
    }

    void aroundOutages(Runnable lost, Runnable replaced) {
        whenLost = lost;
        whenReplaced = replaced;
    }

    long outageNanos() {
        return outage;
    }

    /** Returns once all pages were written. */
    void flush() throws IOException {
        begun = System.nanoTime();
        boolean complete = false;
        while (!complete) {
            try {
                drain();
                complete = true;
            } catch (IOException e) {
                replaceLink(e);
            }
        }
    }

    private void drain() throws IOException {
        if (parallel.isPresent()) {
            parallel.get().drain();
        }
    }

    /** Waits for a time until all pages were written; returns whether that is so and no link is lost. */
    boolean isFlushedWithin(Duration time) {
        return parallel.map(pending -> pending.isDrainedWithin(time)).orElse(true);
    }

    /** Whether pages were sent over several links. */
    boolean isParallel() {
        return parallel.isPresent();
    }

    /** Ends the threads of the links. */
    void end() {
        parallel.ifPresent(ParallelPages::end);
    }

    void write(StreamRecord record) throws IOException {
        begun = System.nanoTime();
        try {
            if (record instanceof PageBatch batch) {
                write(batch);
            } else {
                bytes.reset();
                records.write(record);
                write(bytes.toByteArray());
            }
        } catch (IOException e) {
            replaceLink(e);
        }
    }

    private void write(PageBatch batch) throws IOException {
        remember(SentFrames.Sent.pages(batch));
        if (terms.has(Terms.PARALLEL)) {
            ParallelPages links = parallel.orElseGet(this::begin);
            parallel = Optional.of(links);
            long number = frames.number();
            frames.resumeAt(number + 1);
            links.write(batch, number);
        } else {
            storedPages.addAndGet(pages.write(batch, frames));
        }
    }

    private ParallelPages begin() {
        return new ParallelPages(channel, reconnection.orElseThrow(), terms.has(Terms.ZSTD), storedPages::addAndGet);
    }

    private void write(byte[] record) throws IOException {
        remember(SentFrames.Sent.record(record));
        // The first link is free for the record then, and all pages before it have left.
        drain();
        frames.write(FrameType.RECORD, ByteBuffer.wrap(record));
    }

    private void remember(SentFrames.Sent frame) {
        if (reconnection.isPresent()) {
            sent.add(frame);
        }
    }

    /**
     * Goes on over a further link.
     *
     * @throws IOException if there is none
     */
    void resume(IOException failure) throws IOException {
        begun = System.nanoTime();
        replaceLink(failure);
    }

    private void replaceLink(IOException failure) throws IOException {
        IOException cause = failure;
        boolean complete = false;
        while (!complete) {
            IOException broken = cause;
            Reconnection again = reconnection.orElseThrow(() -> broken);
            parallel.ifPresent(ParallelPages::abandon);
            parallel = Optional.empty();
            whenLost.run();
            long next = again.reconnect(broken);
            long now = System.nanoTime();
            outage += now - begun;
            begun = now;
            // A frame that ends the migration instead has this number, too.
            frames.resumeAt(next);
            again.requireProgress(broken);
            whenReplaced.run();
            List<SentFrames.Sent> lacking = sent.removeFrom(next)
                    .orElseThrow(() -> new MigrationException(
                            "the receiver lacks more than is remembered, from frame " + next, broken));
            LOG.info("the migration goes on over a further link at frame {}", next);
            for (int i = lacking.size() - 1; i >= 0; i--) {
                lost.addFirst(lacking.get(i));
            }
            try {
                writeLost();
                complete = true;
            } catch (IOException e) {
                cause = e;
            }
        }
    }

    private void writeLost() throws IOException {
        while (!lost.isEmpty()) {
            // What is sent again is remembered by then, and lost again with the link.
            SentFrames.Sent frame = lost.remove();
            if (frame.record().isPresent()) {
                write(frame.record().get());
            } else {
                source.read(frame.pfns(), this::write);
            }
        }
    }
}
