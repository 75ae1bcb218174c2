// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.handover;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.error.MigrationException;
import org.xenjava.toolstack.error.SaveStreamException;
import org.xenjava.toolstack.migrate.MigrationLimits;
import org.xenjava.toolstack.stream.framed.Frame;
import org.xenjava.toolstack.stream.framed.FrameReader;
import org.xenjava.toolstack.stream.framed.FrameType;
import org.xenjava.toolstack.stream.framed.FrameWriter;

/** The messages of both ends in this library's own protocol. */
final class FramedMessages implements DepartureMessages, ArrivalMessages {
    private static final Logger LOG = LoggerFactory.getLogger(FramedMessages.class);

    /** The wait for the reason of a link that was closed already. */
    private static final Duration REASON = Duration.ofSeconds(5);

    private final Supplier<TimedLink> link;
    private final FrameReader in;
    private final FrameWriter out;
    private final Renewal renewal;

    /** Replaces a link that was lost before the hand-over. */
    @FunctionalInterface
    interface Renewal {
        /** No link replaces another one. */
        Renewal NONE = cause -> false;

        /**
         * Goes on over a further link.
         *
         * @return false if there is none
         */
        boolean renew(Exception cause) throws IOException;
    }

    /**
     * Continues the frames of both directions.
     *
     * @param link the present link
     * @param renewal replaces the link as long as the guest is the sender's
     */
    FramedMessages(Supplier<TimedLink> link, FrameReader in, FrameWriter out, Renewal renewal) {
        this.link = link;
        this.in = in;
        this.out = out;
        this.renewal = renewal;
    }

    private void send(FrameType type) throws IOException {
        out.write(type, ByteBuffer.allocate(0));
    }

    private Frame expect(FrameType type, Duration limit, Renewal again) throws IOException {
        Frame frame = next(type, limit, again);
        if (frame.type() == FrameType.REFUSED) {
            throw refused(frame);
        }
        if (frame.type() != type) {
            throw new MigrationException("the other end sent a frame " + frame.type() + " instead of " + type);
        }
        return frame;
    }

    private Frame next(FrameType type, Duration limit, Renewal again) throws IOException {
        for (; ; ) {
            try {
                return in.next(link.get().in(limit));
            } catch (IOException e) {
                if (!again.renew(e)) {
                    throw e;
                }
            } catch (SaveStreamException e) {
                if (!in.isBroken() || !again.renew(e)) {
                    throw new MigrationException("the other end sent no frame " + type + ": " + e.getMessage(), e);
                }
            }
        }
    }

    private static MigrationException refused(Frame frame) {
        return new MigrationException("the other host refuses the guest: " + reason(frame));
    }

    /** The text of a refusal. */
    static String reason(Frame frame) {
        return orUnknown(frame.text());
    }

    private static String orUnknown(String reason) {
        return reason.isBlank() ? "no reason is known" : reason;
    }

    @Override
    public void awaitBuilt(MigrationLimits limits) throws IOException {
        expect(FrameType.BUILT, limits.devices(), renewal);
    }

    @Override
    public void permit() throws IOException {
        send(FrameType.PERMISSION);
    }

    @Override
    public Optional<String> awaitReport(MigrationLimits limits) throws IOException {
        // The length decides: a reason of which nothing can be printed is one, too.
        return Optional.of(expect(FrameType.REPORT, limits.devices(), Renewal.NONE))
                .filter(report -> report.body().hasRemaining())
                .map(FramedMessages::reason);
    }

    @Override
    public Optional<String> refusal() {
        try {
            Frame frame = in.next(link.get().in(REASON));
            return Optional.of(frame)
                    .filter(found -> found.type() == FrameType.REFUSED)
                    .map(FramedMessages::reason);
        } catch (IOException | SaveStreamException e) {
            LOG.debug("the other end gives no reason", e);
            return Optional.empty();
        }
    }

    @Override
    public void built() throws IOException {
        long number = out.number();
        for (; ; ) {
            try {
                send(FrameType.BUILT);
                return;
            } catch (IOException e) {
                if (!renewal.renew(e)) {
                    throw e;
                }
                out.resumeAt(number);
            }
        }
    }

    @Override
    public void awaitPermission(Duration limit) throws IOException {
        expect(FrameType.PERMISSION, limit, cause -> {
            boolean renewed = renewal.renew(cause);
            if (renewed) {
                // Only a sender that has not got the last message connects again.
                out.resumeAt(out.number() - 1);
                built();
            }
            return renewed;
        });
    }

    @Override
    public void started() throws IOException {
        send(FrameType.REPORT);
    }

    @Override
    public void givenBack(String reason) throws IOException {
        out.write(FrameType.REPORT, orUnknown(reason));
    }
}
