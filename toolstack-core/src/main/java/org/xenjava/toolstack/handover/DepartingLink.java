// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.handover;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.OptionalInt;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.error.MigrationException;
import org.xenjava.toolstack.error.OperationCancelledException;
import org.xenjava.toolstack.error.SaveStreamException;
import org.xenjava.toolstack.migrate.MigrationLimits;
import org.xenjava.toolstack.migrate.MigrationTarget;
import org.xenjava.toolstack.migrate.MigrationToken;
import org.xenjava.toolstack.stream.Blob;
import org.xenjava.toolstack.stream.framed.Frame;
import org.xenjava.toolstack.stream.framed.FrameReader;
import org.xenjava.toolstack.stream.framed.FrameType;
import org.xenjava.toolstack.stream.framed.FrameWriter;
import org.xenjava.toolstack.stream.framed.Identity;
import org.xenjava.toolstack.stream.framed.Join;
import org.xenjava.toolstack.stream.framed.Reconnection;

/** The sender's side of a link, which a further link replaces once it is lost, and of the links beside it. */
final class DepartingLink implements Reconnection, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DepartingLink.class);

    /** The wait for the reason of a link that was closed already. */
    private static final Duration REASON = Duration.ofSeconds(5);

    private static final Duration BETWEEN_CHECKS = Duration.ofMillis(500);
    private static final Duration FIRST_PAUSE = Duration.ofMillis(200);
    /** A receiver that has not read the first frame yet does not know the migration. */
    private static final int MOST_REFUSALS = 5;

    /** What is shown of an answer that is no receiver's. */
    private static final int LONGEST_TEXT = 60;

    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);

    /** The longest time of attempts while the guest does not run. */
    private static final Duration WHILE_SUSPENDED = Duration.ofSeconds(10);

    private final MigrationTarget target;
    private final MigrationLimits limits;
    private final MigrationSender.Guest guest;
    private final Duration whileSuspended;
    private final MigrationToken token = MigrationToken.random();
    private final FrameReader answers = new FrameReader();
    private final BesideLinks beside = new BesideLinks();
    private final int streams;
    private UnaryOperator<WritableByteChannel> pace = UnaryOperator.identity();
    private volatile TimedLink link;
    private int attempts;

    /** The time at which the attempts after the last loss end. */
    private long end;

    /** The time at which the migration ends unless the receiver has got further by then. */
    private long stalled;

    private long reached = -1;
    private boolean stuck;
    private int refusals;

    /** The pause before the next attempt. It grows until the receiver gets further. */
    private Duration pause = Duration.ZERO;

    /**
     * Connects to a target.
     *
     * @param streams the number of links that carry pages at once
     * @param guest ends attempts to connect again by an exception if the migration was cancelled, and says how long they may take
     */
    DepartingLink(MigrationTarget target, MigrationLimits limits, int streams, MigrationSender.Guest guest)
            throws IOException {
        this(target, limits, streams, guest, WHILE_SUSPENDED);
    }

    /** @param whileSuspended the longest time of attempts while the guest does not run */
    DepartingLink(
            MigrationTarget target,
            MigrationLimits limits,
            int streams,
            MigrationSender.Guest guest,
            Duration whileSuspended)
            throws IOException {
        this.streams = streams;
        this.target = target;
        this.limits = limits;
        this.guest = guest;
        this.whileSuspended = whileSuspended;
        this.link = new TimedLink(target.connect(), limits.silence());
    }

    /** The present link. */
    TimedLink link() {
        return link;
    }

    /** The reader of the receiver's frames. */
    FrameReader answers() {
        return answers;
    }

    /**
     * Waits for the next byte of the receiver, which stays to be read, and ends by an exception if the migration is cancelled. Empty if
     * none arrives in time.
     */
    OptionalInt awaitFirst(Duration time) throws IOException {
        long until = System.nanoTime() + time.toNanos();
        Duration step = time.compareTo(BETWEEN_CHECKS) < 0 ? time : BETWEEN_CHECKS;
        OptionalInt first = link.firstWithin(step);
        while (first.isEmpty() && System.nanoTime() - until < 0) {
            guest.check();
            first = link.firstWithin(step);
        }
        return first;
    }

    /** Ends all links: a read or a write that waits fails. */
    void cutAll() {
        cutBeside();
        cut();
    }

    /** Whether the guest stands still, so that no wait may be long. */
    boolean isGuestSuspended() {
        return guest.isSuspended();
    }

    /** Changes what goes to the receiver over links beside the first one. */
    void pacedBy(UnaryOperator<WritableByteChannel> next) {
        pace = next;
    }

    /** Whether a further link may be made. */
    boolean isRenewable() {
        return target.isReachedAgain() && !limits.reconnecting().isZero();
    }

    @Override
    public Identity identity() {
        // A fraction counts as a second.
        long seconds = limits.reconnecting().plusMillis(999).toSeconds();
        return new Identity(Blob.of(token.bytes()), (int) seconds);
    }

    @Override
    public int streams() {
        return streams;
    }

    @Override
    public WritableByteChannel connectBeside(int number) throws IOException {
        int attempt = beside.attempt();
        Duration pauseBetween = FIRST_PAUSE;
        for (int left = MOST_REFUSALS; ; left--) {
            try {
                return pace.apply(joinBeside(new Join(attempt, number, 0)).out());
            } catch (IOException | SaveStreamException e) {
                if (left <= 1 || attempt != beside.attempt()) {
                    throw new IOException("a link beside the first one cannot be made: " + e.getMessage(), e);
                }
                LOG.debug("a link beside the first one cannot be made yet", e);
            }
            pause(pauseBetween);
            pauseBetween = longer(pauseBetween);
        }
    }

    private TimedLink joinBeside(Join join) throws IOException {
        if (join.attempt() < 0 || join.attempt() != beside.attempt()) {
            throw new IOException("the first link is lost");
        }
        TimedLink next = new TimedLink(target.connect(token), limits.silence());
        if (!beside.add(next, join.attempt(), Join.MOST_BESIDE)) {
            next.close();
            throw new IOException("the first link is lost");
        }
        boolean complete = false;
        try {
            new FrameWriter(next.out()).write(FrameType.JOIN, join.body());
            requireReceiver(next, next.firstWithin(limits.start()));
            FrameReader reader = new FrameReader();
            Frame frame = reader.next(next.in());
            if (frame.type() == FrameType.REFUSED) {
                throw new IOException(FramedMessages.reason(frame));
            }
            Join.joined(frame, reader);
            complete = true;
            return next;
        } finally {
            if (!complete) {
                beside.drop(next);
            }
        }
    }

    @Override
    public void cutBeside() {
        beside.end();
    }

    @Override
    public void cut() {
        link.cut();
    }

    @Override
    public long reconnect(IOException cause) throws IOException {
        if (cause instanceof SilentLinkException) {
            throw cause;
        }
        requireNoRefusal(cause);
        link.close();
        LOG.warn("the link to the other host is lost ({}); connecting again", cause.getMessage());
        Duration limit = limit();
        long lost = System.nanoTime();
        end = lost + limit.toNanos();
        if (reached < 0) {
            stalled = end;
        }
        IOException last = cause;
        do {
            guest.check();
            pause(pause);
            pause = longer(pause);
            try {
                long before = reached;
                long next = join(limit);
                stuck = next == before && lost - stalled > 0;
                return next;
            } catch (SilentLinkException e) {
                throw e;
            } catch (IOException e) {
                LOG.debug("attempt {} to connect again failed", attempts, e);
                last = e;
            }
        } while (System.nanoTime() - end < 0);
        throw new IOException(
                cause.getMessage() + "; connecting again failed for " + limit.toSeconds() + " s: " + last.getMessage(),
                last);
    }

    @Override
    public void requireProgress(IOException cause) {
        if (stuck) {
            throw new MigrationException("the link to the other host was lost again and again (" + cause.getMessage()
                    + "), and nothing arrived over it for " + limit().toSeconds() + " s");
        }
    }

    /** A suspended guest runs on here after a shorter time. */
    private Duration limit() {
        boolean shorter = guest.isSuspended() && limits.reconnecting().compareTo(whileSuspended) > 0;
        return shorter ? whileSuspended : limits.reconnecting();
    }

    private static Duration longer(Duration pause) {
        Duration next = pause.isZero() ? FIRST_PAUSE : pause.multipliedBy(2);
        return next.compareTo(LONGEST_PAUSE) < 0 ? next : LONGEST_PAUSE;
    }

    /** A receiver that refuses the guest closes the link, and has sent its reason before. */
    private void requireNoRefusal(IOException cause) {
        try {
            Frame frame = answers.next(link.in(REASON));
            if (frame.type() == FrameType.REFUSED) {
                throw new MigrationException(
                        "the other host refuses the guest: " + FramedMessages.reason(frame), cause);
            }
        } catch (IOException | SaveStreamException e) {
            LOG.debug("the other end gives no reason", e);
        }
    }

    private long join(Duration limit) throws IOException {
        TimedLink next = new TimedLink(target.connect(token), limits.silence());
        boolean complete = false;
        try {
            beside.takeFor(++attempts);
            new FrameWriter(next.out()).write(FrameType.JOIN, new Join(attempts, answers.number()).body());
            long expected = joined(next);
            if (expected > reached) {
                reached = expected;
                stalled = System.nanoTime() + limit.toNanos();
                pause = Duration.ZERO;
            }
            link = next;
            complete = true;
            return expected;
        } finally {
            if (!complete) {
                next.close();
            }
        }
    }

    /** The receiver answers once it has done what it was doing, such as attaching devices. */
    private long joined(TimedLink next) throws IOException {
        OptionalInt first = next.firstWithin(BETWEEN_CHECKS);
        while (first.isEmpty()) {
            guest.check();
            if (System.nanoTime() - end > 0) {
                throw new IOException("the other end does not answer");
            }
            first = next.firstWithin(BETWEEN_CHECKS);
        }
        requireReceiver(next, first);
        FrameReader reader = new FrameReader();
        try {
            Frame frame = reader.next(next.in());
            if (frame.type() == FrameType.REFUSED) {
                throw refused("the migration cannot go on over a further link: " + FramedMessages.reason(frame));
            }
            return Join.joined(frame, reader);
        } catch (SaveStreamException e) {
            if (reader.isBroken()) {
                throw new IOException(e.getMessage(), e);
            }
            throw new MigrationException("the other end does not continue the migration: " + e.getMessage(), e);
        }
    }

    /**
     * Ends the attempts if the answer to the first frame is no frame of a receiver: the command that connects reaches another program,
     * always.
     *
     * @param first byte of the answer, which stays to be read
     */
    private static void requireReceiver(TimedLink next, OptionalInt first) throws IOException {
        if (first.isEmpty()) {
            throw new IOException("the other end does not answer");
        }
        int type = first.getAsInt();
        if (type >= 0 && type != FrameType.JOINED.number() && type != FrameType.REFUSED.number()) {
            throw new MigrationException("another program than the receiver answers a further link: '" + text(next)
                    + "'; does ssh have a forced command there?");
        }
    }

    /** The beginning of an answer, or what arrives of it soon. */
    private static String text(TimedLink next) throws IOException {
        ByteBuffer text = ByteBuffer.allocate(LONGEST_TEXT);
        // The byte that was read ahead comes alone.
        next.in().read(text);
        try {
            next.in(BETWEEN_CHECKS).read(text);
        } catch (IOException e) {
            LOG.debug("the answer has one byte", e);
        }
        return Handshake.printable(new String(text.array(), 0, text.position(), StandardCharsets.ISO_8859_1));
    }

    private IOException refused(String message) {
        if (reached >= 0 || ++refusals >= MOST_REFUSALS) {
            throw new MigrationException(message);
        }
        return new IOException(message);
    }

    private static void pause(Duration time) {
        try {
            Thread.sleep(time.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new OperationCancelledException("connecting to the other host again was interrupted", e);
        }
    }

    @Override
    public void close() {
        // The processes of all links end together.
        beside.end();
        link.close();
        beside.close();
    }
}
