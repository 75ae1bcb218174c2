// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.handover;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.nio.channels.ReadableByteChannel;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.error.OperationCancelledException;
import org.xenjava.toolstack.error.SaveStreamException;
import org.xenjava.toolstack.migrate.FurtherLinks;
import org.xenjava.toolstack.migrate.MigrationLimits;
import org.xenjava.toolstack.migrate.MigrationLink;
import org.xenjava.toolstack.migrate.MigrationToken;
import org.xenjava.toolstack.stream.framed.FrameReader;
import org.xenjava.toolstack.stream.framed.FrameType;
import org.xenjava.toolstack.stream.framed.FrameWriter;
import org.xenjava.toolstack.stream.framed.Identity;
import org.xenjava.toolstack.stream.framed.Join;
import org.xenjava.toolstack.stream.framed.Rejoining;

/**
 * The receiver's side of a link, which a further link of the same migration replaces once it is lost, and of the links beside
 * it.
 */
final class ReceivingEnd implements Rejoining, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ReceivingEnd.class);

    /** The sender's last attempt begins at the end of its time: a second and a tenth of that time are added. */
    private static final int LAST_ATTEMPT_SHARE = 10;

    /** The wait for the first frame of a further link. */
    private static final Duration FIRST_FRAME = Duration.ofSeconds(30);

    private static final Duration BETWEEN_CHECKS = Duration.ofMillis(500);

    private final Optional<FurtherLinks> further;
    private final MigrationLimits limits;
    private final Runnable check;
    private final BlockingQueue<Joined> joined = new LinkedBlockingQueue<>();
    private final BesideLinks beside = new BesideLinks();
    private volatile Predicate<ReadableByteChannel> besideTaker = channel -> false;
    private volatile TimedLink link;
    private volatile boolean closed;
    private int attempt;
    private Optional<Closeable> arrivals = Optional.empty();
    private Duration kept = Duration.ZERO;

    /** The frame that did not come over the last link, and the end of the time for it. */
    private long lacking = -1;

    private long lackingUntil;

    /**
     * @param first the first link
     * @param limits the longest waits
     * @param check ends a wait for a further link by an exception if the receiver was cancelled
     */
    ReceivingEnd(MigrationLink first, MigrationLimits limits, Runnable check) {
        this.further = first.furtherLinks();
        this.limits = limits;
        this.check = check;
        this.link = new TimedLink(first, limits.silence());
    }

    /** A further link whose sender has shown the token. */
    private record Joined(TimedLink link, Join join) {}

    TimedLink link() {
        return link;
    }

    /** Both directions of the present link. */
    ByteChannel channel() {
        return new ByteChannel() {
            @Override
            public int read(ByteBuffer into) throws IOException {
                return link.in().read(into);
            }

            @Override
            public int write(ByteBuffer bytes) throws IOException {
                return link.out().write(bytes);
            }

            @Override
            public boolean isOpen() {
                return !closed;
            }

            @Override
            public void close() {
                link.cut();
            }
        };
    }

    @Override
    public boolean isPossible() {
        return further.isPresent() && !limits.reconnecting().isZero();
    }

    @Override
    public void begin(Identity identity, Predicate<ReadableByteChannel> taker) throws IOException {
        besideTaker = taker;
        if (identity.seconds() > 0) {
            long seconds = Math.min(
                    identity.seconds(), Math.max(1, limits.reconnecting().toSeconds()));
            kept = Duration.ofSeconds(1 + seconds + seconds / LAST_ATTEMPT_SHARE);
            MigrationToken token = MigrationToken.of(identity.token().bytes());
            arrivals = Optional.of(further.orElseThrow().open(token, this::take));
        }
    }

    /** Takes a further link, beside others that are examined at the same time. */
    private void take(MigrationLink next) {
        TimedLink timed = new TimedLink(next, limits.silence());
        boolean taken = false;
        try {
            FrameReader reader = new FrameReader();
            Join join = Join.read(reader.next(timed.in(FIRST_FRAME)), reader);
            taken = join.beside() > 0 ? isBeside(timed, join) : isNext(timed, join);
        } catch (IOException | SaveStreamException e) {
            LOG.warn("a further link of a migration is refused: {}", e.getMessage());
        } finally {
            if (!taken || closed) {
                timed.close();
            }
        }
    }

    /** A link that is still used is cut: the sender has given it up. */
    private boolean isNext(TimedLink timed, Join join) {
        TimedLink present;
        synchronized (this) {
            if (closed || join.attempt() <= attempt) {
                return false;
            }
            attempt = join.attempt();
            present = link;
            beside.end();
            joined.add(new Joined(timed, join));
        }
        present.cut();
        return true;
    }

    /** Takes a link beside the present one, if that is of the same attempt of the sender. */
    private boolean isBeside(TimedLink timed, Join join) throws IOException {
        if (!beside.add(timed, join.attempt(), Join.MOST_BESIDE)) {
            return false;
        }
        if (!besideTaker.test(timed.in())) {
            beside.drop(timed);
            return false;
        }
        new FrameWriter(timed.out()).write(FrameType.JOINED, Join.joined(0));
        return true;
    }

    @Override
    public ReadableByteChannel present() {
        return link.in();
    }

    @Override
    public boolean await(long next, Exception cause) {
        return await(next, cause, kept);
    }

    /** Waits for a further link for a time, and answers it. */
    boolean await(long next, Exception cause, Duration time) {
        beside.end();
        if (arrivals.isEmpty() || cause instanceof SilentLinkException) {
            return false;
        }
        LOG.warn(
                "the link to the sender is lost ({}); waiting {} s for a further one",
                cause.getMessage(),
                time.toSeconds());
        link.close();
        long now = System.nanoTime();
        if (next != lacking) {
            lacking = next;
            lackingUntil = now + kept.toNanos();
        }
        // A link without a frame gives the sender no more time.
        long end = now + Math.min(time.toNanos(), lackingUntil - now);
        for (Optional<Joined> found = poll(end); found.isPresent(); found = poll(end)) {
            if (answer(found.get(), next)) {
                return true;
            }
        }
        return false;
    }

    /** The time for which the receiver waits for a further link, but no more than a limit. */
    Duration kept(Duration most) {
        return kept.compareTo(most) < 0 ? kept : most;
    }

    private boolean answer(Joined found, long next) {
        if (!isLast(found)) {
            link.close();
            return false;
        }
        try {
            new FrameWriter(link.out()).write(FrameType.JOINED, Join.joined(next));
            LOG.info("the migration goes on over a further link at frame {}", next);
            return true;
        } catch (IOException e) {
            LOG.debug("a further link is lost too", e);
            link.close();
            return false;
        }
    }

    /** Uses a link from now on; returns false if the sender has given it up already. */
    private synchronized boolean isLast(Joined found) {
        link = found.link();
        boolean last = joined.isEmpty();
        if (last) {
            beside.takeFor(found.join().attempt());
        }
        return last;
    }

    private Optional<Joined> poll(long end) {
        try {
            Joined found = null;
            long left = end - System.nanoTime();
            while (found == null && left > 0) {
                check.run();
                found = joined.poll(Math.min(left, BETWEEN_CHECKS.toNanos()), TimeUnit.NANOSECONDS);
                left = end - System.nanoTime();
            }
            return Optional.ofNullable(found);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new OperationCancelledException("receiving a guest was interrupted", e);
        }
    }

    @Override
    public void close() {
        closed = true;
        arrivals.ifPresent(ReceivingEnd::end);
        beside.close();
        link.close();
        for (Joined left = joined.poll(); left != null; left = joined.poll()) {
            left.link().close();
        }
    }

    private static void end(Closeable arrivals) {
        try {
            arrivals.close();
        } catch (IOException e) {
            LOG.debug("the arrival of further links cannot be ended", e);
        }
    }
}
