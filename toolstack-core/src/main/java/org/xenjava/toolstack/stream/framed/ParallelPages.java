// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.stream.framed;

import java.io.IOException;
import java.nio.channels.WritableByteChannel;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.IntConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.error.OperationCancelledException;
import org.xenjava.toolstack.stream.PageBatch;

/**
 * Sends batches of pages over several links at once. The caller copies each batch to a link that is idle, the one that was idle
 * for the longest time; the link's thread compresses it and writes it. Links beside the first one are made meanwhile.
 */
final class ParallelPages {
    private static final Logger LOG = LoggerFactory.getLogger(ParallelPages.class);

    /** The receiver gives all links up when one is lost, which ends a write over the first one. */
    private static final Duration UNTIL_CUT = Duration.ofSeconds(5);

    private final Reconnection links;
    private final boolean compressing;
    private final IntConsumer sentPages;
    private final Deque<Link> idle = new ArrayDeque<>();
    private final FirstFailure failure = new FirstFailure();
    private boolean stopped;

    /** The links that compress or write. */
    private int busy;

    /**
     * Starts the first link, and makes the others.
     *
     * @param first what goes to the receiver over the first link
     * @param links makes the others
     * @param compressing whether contents may be compressed
     * @param sentPages takes the number of pages with content of each batch that was written, one call at a time
     */
    ParallelPages(WritableByteChannel first, Reconnection links, boolean compressing, IntConsumer sentPages) {
        this.links = links;
        this.compressing = compressing;
        this.sentPages = sentPages;
        Link present = new Link(0);
        idle.add(present);
        present.start(() -> present.sendFrom(first));
        for (int number = 1; number < links.streams(); number++) {
            Link beside = new Link(number);
            beside.start(beside::connect);
        }
    }

    /** One link. */
    private final class Link {
        private final int index;
        private final PageFrames pages = new PageFrames(compressing);
        private long number;
        private boolean full;

        private Link(int index) {
            this.index = index;
        }

        private void start(Runnable work) {
            Thread thread = new Thread(work, "migration-pages-" + index);
            thread.setDaemon(true);
            thread.start();
        }

        private void connect() {
            WritableByteChannel channel;
            try {
                channel = links.connectBeside(index);
            } catch (IOException | RuntimeException e) {
                if (!isStopped()) {
                    LOG.warn("the migration goes on with one link less: {}", e.getMessage());
                }
                return;
            }
            LOG.debug("link {} is used", index);
            ready(this);
            sendFrom(channel);
        }

        private void sendFrom(WritableByteChannel channel) {
            FrameWriter out = new FrameWriter(channel);
            while (isFull(this)) {
                try {
                    out.resumeAt(number);
                    done(this, pages.send(out));
                } catch (IOException | RuntimeException | Error e) {
                    failed(this, e);
                }
            }
        }
    }

    private synchronized boolean isStopped() {
        return stopped;
    }

    private synchronized void ready(Link link) {
        idle.add(link);
        notifyAll();
    }

    private synchronized boolean isFull(Link link) {
        while (!link.full && !stopped) {
            await();
        }
        return link.full;
    }

    private synchronized void done(Link link, int pages) {
        sentPages.accept(pages);
        link.full = false;
        busy--;
        ready(link);
    }

    private synchronized void failed(Link link, Throwable cause) {
        failure.set(cause);
        link.full = false;
        busy--;
        notifyAll();
    }

    /**
     * Copies a batch, which may be changed then, and lets it be sent.
     *
     * @param number of its frame
     * @throws IOException if a link is lost; batches that were given before may be lost with it
     */
    void write(PageBatch batch, long number) throws IOException {
        Link link = takeIdle();
        link.pages.copy(batch);
        synchronized (this) {
            link.number = number;
            link.full = true;
            busy++;
            notifyAll();
        }
    }

    private synchronized Link takeIdle() throws IOException {
        while (idle.isEmpty() && !failure.isPresent()) {
            await();
        }
        failure.require();
        return idle.remove();
    }

    /**
     * Waits until each batch was written.
     *
     * @throws IOException if a link is lost
     */
    synchronized void drain() throws IOException {
        while (busy > 0 && !failure.isPresent()) {
            await();
        }
        failure.require();
    }

    /** Waits for a time until each batch was written; returns whether that is so and no link is lost. */
    synchronized boolean isDrainedWithin(Duration time) {
        return isIdleWithin(time) && !failure.isPresent();
    }

    /** Ends all links but the first one, and returns once no thread writes. */
    void abandon() {
        end();
        links.cutBeside();
        if (!isIdleWithin(UNTIL_CUT)) {
            links.cut();
            awaitIdle();
        }
    }

    /** Ends the threads. Each ends once it has written what it has. */
    synchronized void end() {
        stopped = true;
        notifyAll();
    }

    private synchronized boolean isIdleWithin(Duration time) {
        long end = System.nanoTime() + time.toNanos();
        for (long left = time.toNanos(); busy > 0 && left > 0; left = end - System.nanoTime()) {
            await(Duration.ofNanos(left));
        }
        return busy == 0;
    }

    private synchronized void awaitIdle() {
        while (busy > 0) {
            await();
        }
    }

    private void await() {
        await(Duration.ofDays(1));
    }

    private void await(Duration time) {
        try {
            wait(Math.max(1, time.toMillis()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new OperationCancelledException("a migration was interrupted", e);
        }
    }
}
