// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.stream.framed;

import java.io.IOException;
import java.nio.channels.ReadableByteChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.xenjava.toolstack.error.OperationCancelledException;
import org.xenjava.toolstack.error.SaveStreamException;

/**
 * Takes the frames of a sender that uses several links at once, in the order of their numbers: an older copy of a page never
 * replaces a newer one. A thread of each link reads one frame, checks it and expands its pages, and reads the next one only
 * when that frame was used.
 */
final class ParallelFrames {
    private final boolean compressed;
    private final List<Link> links = new ArrayList<>();
    private Optional<Link> used = Optional.empty();
    private final FirstFailure failure = new FirstFailure();

    /** @param compressed whether pages may be compressed */
    ParallelFrames(boolean compressed) {
        this.compressed = compressed;
    }

    /** One link. */
    private final class Link implements Runnable {
        private final ReadableByteChannel channel;
        private final FrameReader reader;
        private final PageFrames codec = new PageFrames(compressed);

        /** The frame that waits. */
        private Optional<Arrived> frame = Optional.empty();

        private Link(ReadableByteChannel channel, FrameReader reader) {
            this.channel = channel;
            this.reader = reader;
        }

        @Override
        public void run() {
            try {
                boolean isRead = true;
                while (isRead) {
                    isRead = isUsed(this, Arrived.read(reader, channel, codec));
                }
            } catch (SaveStreamException e) {
                // Another link may bring what this one has damaged.
                end(this, reader.isBroken() ? new IOException(e.getMessage(), e) : e);
            } catch (IOException | RuntimeException | Error e) {
                end(this, e);
            }
        }
    }

    /**
     * Reads from the first link, or from the one that has replaced it.
     *
     * @param channel a blocking channel, which leads to this link only
     * @param next number of the next frame
     */
    void add(ReadableByteChannel channel, long next) {
        start(new Link(channel, FrameReader.ofShare(Integer.MAX_VALUE, next)));
    }

    /**
     * Reads from a link beside the first one, which brings nothing longer than pages. Refuses one while there is no first link: it
     * belongs to an attempt that is lost.
     *
     * @param channel a blocking channel, which leads to this link only
     * @return whether the link is read
     */
    synchronized boolean addBeside(ReadableByteChannel channel) {
        if (links.isEmpty()) {
            return false;
        }
        start(new Link(channel, FrameReader.ofShare(FrameType.PAGES.longest(), 0)));
        return true;
    }

    private synchronized void start(Link link) {
        links.add(link);
        Thread thread = new Thread(link, "migration-frames");
        thread.setDaemon(true);
        thread.start();
    }

    /** Forgets all links. Their threads end as soon as their channels are closed. */
    synchronized void clear() {
        links.clear();
        used = Optional.empty();
        failure.clear();
        notifyAll();
    }

    private synchronized boolean isUsed(Link link, Arrived frame) {
        link.frame = Optional.of(frame);
        notifyAll();
        while (link.frame.isPresent() && links.contains(link)) {
            await();
        }
        return links.contains(link);
    }

    private synchronized void end(Link link, Throwable cause) {
        if (links.contains(link)) {
            failure.set(cause);
            notifyAll();
        }
    }

    /**
     * Waits for a frame. The one before may be replaced by then.
     *
     * @param number of the frame
     * @throws IOException if a link is lost
     */
    synchronized Arrived next(long number) throws IOException {
        used.ifPresent(link -> link.frame = Optional.empty());
        used = Optional.empty();
        notifyAll();
        for (; ; ) {
            Optional<Link> found = links.stream()
                    .filter(link ->
                            link.frame.filter(frame -> frame.number() <= number).isPresent())
                    .findAny();
            if (found.isPresent()) {
                used = found;
                return requireNumber(found.get().frame.orElseThrow(), number);
            }
            failure.require();
            if (links.stream().allMatch(link -> link.frame.isPresent())) {
                throw new SaveStreamException("frame " + number + " of the migration is missing");
            }
            await();
        }
    }

    private static Arrived requireNumber(Arrived frame, long number) {
        if (frame.number() < number) {
            throw new SaveStreamException("frame " + frame.number() + " of the migration came twice");
        }
        return frame;
    }

    private void await() {
        try {
            wait();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new OperationCancelledException("receiving a guest was interrupted", e);
        }
    }
}
