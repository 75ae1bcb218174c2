// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.handover;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.error.MigrationException;
import org.xenjava.toolstack.error.SaveStreamException;
import org.xenjava.toolstack.error.ToolstackException;
import org.xenjava.toolstack.migrate.MigrationLimits;
import org.xenjava.toolstack.migrate.MigrationProtocol;
import org.xenjava.toolstack.stream.RecordLink;
import org.xenjava.toolstack.stream.RecordWriter;
import org.xenjava.toolstack.stream.SaveStreamWriter;
import org.xenjava.toolstack.stream.framed.FrameType;
import org.xenjava.toolstack.stream.framed.FrameWriter;
import org.xenjava.toolstack.stream.framed.OfferingWriter;
import org.xenjava.toolstack.stream.framed.Reconnection;
import org.xenjava.toolstack.stream.framed.Terms;

/** The sender's side of a link whose protocol is negotiated while the header is written. */
final class SendingEnd implements RecordLink, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SendingEnd.class);

    /** A receiver of xl does not answer. One of this library that is slower gets xl's format. */
    private static final Duration ANSWER = Duration.ofSeconds(5);

    /** Without an answer, the guest is not migrated. */
    private static final Duration NECESSARY_ANSWER = Duration.ofSeconds(30);

    private static final Duration GIVE_UP = Duration.ofSeconds(2);

    /** The same while the guest runs. */
    private static final Duration PATIENT_GIVE_UP = Duration.ofSeconds(30);

    private final DepartingLink link;
    private final MigrationLimits limits;
    private final MigrationProtocol protocol;
    private final Handshake handshake;
    private final boolean qemuDisks;
    private Optional<OfferingWriter> offering = Optional.empty();

    /** @param qemuDisks whether the receiver must be able to open disks as late as {@link Terms#QEMU_DISKS} says */
    SendingEnd(
            DepartingLink link,
            MigrationLimits limits,
            MigrationProtocol protocol,
            Handshake handshake,
            boolean qemuDisks) {
        this.qemuDisks = qemuDisks;
        this.link = link;
        this.limits = limits;
        this.protocol = protocol;
        this.handshake = handshake;
    }

    private WritableByteChannel channel() {
        return new WritableByteChannel() {
            @Override
            public int write(ByteBuffer bytes) throws IOException {
                return link.link().out().write(bytes);
            }

            @Override
            public boolean isOpen() {
                return link.link().out().isOpen();
            }

            @Override
            public void close() {
                link.link().cut();
            }
        };
    }

    @Override
    public RecordWriter writer(UnaryOperator<WritableByteChannel> pace) {
        WritableByteChannel channel = pace.apply(channel());
        link.pacedBy(pace);
        if (protocol == MigrationProtocol.XL) {
            return new SaveStreamWriter(channel);
        }
        int features = protocol == MigrationProtocol.OWN_COMPRESSED ? Terms.ZSTD : 0;
        features |= qemuDisks ? Terms.QEMU_DISKS : 0;
        OfferingWriter writer = new OfferingWriter(
                channel,
                features,
                this::answer,
                Optional.<Reconnection>of(link).filter(renewable -> link.isRenewable()));
        offering = Optional.of(writer);
        return writer;
    }

    private Optional<Terms> answer() throws IOException {
        Optional<Terms> answer = awaitAnswer();
        if (qemuDisks && answer.filter(terms -> terms.has(Terms.QEMU_DISKS)).isEmpty()) {
            throw new MigrationException(
                    "QEMU serves a disk of the guest, and the other end may open the image too early: it uses xl's protocol, or"
                            + " is an older version of this library");
        }
        boolean parallel = link.isRenewable()
                && answer.filter(terms -> terms.has(Terms.RESUME) && terms.has(Terms.PARALLEL))
                        .isPresent();
        if (link.streams() > 1 && !parallel) {
            LOG.warn(
                    "the migration uses one link instead of {}: the other end or the way to it has no more",
                    link.streams());
        }
        return answer;
    }

    private Optional<Terms> awaitAnswer() throws IOException {
        OptionalInt first = link.awaitFirst(answerLimit());
        if (first.isEmpty() || first.getAsInt() != FrameType.ANSWER.number()) {
            LOG.debug("no answer to the offer");
            requireOptional("it did not answer the offer");
            return Optional.empty();
        }
        Terms terms;
        try {
            terms = Terms.answer(link.answers(), link.link().in(limits.silence()));
        } catch (SaveStreamException e) {
            throw new MigrationException("the other end gave no valid answer to the offer: " + e.getMessage(), e);
        }
        LOG.debug("the other end answers {}", terms);
        if (terms.version() != Terms.VERSION) {
            requireOptional("it does not have version " + Terms.VERSION);
        }
        return Optional.of(terms);
    }

    private Duration answerLimit() {
        Duration start = limits.start();
        Duration limit = protocol != MigrationProtocol.AUTO ? start : qemuDisks ? NECESSARY_ANSWER : ANSWER;
        return start.compareTo(limit) < 0 ? start : limit;
    }

    private boolean isRequired() {
        return protocol != MigrationProtocol.AUTO || qemuDisks;
    }

    private void requireOptional(String reason) {
        if (isRequired()) {
            throw new MigrationException("the other end does not use this library's protocol: " + reason
                    + (qemuDisks ? "; xl's does not take a disk that QEMU serves" : "; use xl's (--protocol xl)"));
        }
    }

    /** The messages in the protocol that was negotiated. */
    DepartureMessages messages() {
        return offering.filter(OfferingWriter::isFramed)
                .<DepartureMessages>map(writer ->
                        new FramedMessages(link::link, link.answers(), writer.frames(), cause -> renew(writer, cause)))
                .orElse(handshake);
    }

    private static boolean renew(OfferingWriter writer, Exception cause) throws IOException {
        if (!writer.isResumable()) {
            return false;
        }
        writer.resume(cause instanceof IOException lost ? lost : new IOException(cause.getMessage(), cause));
        return true;
    }

    /** Tells a receiver that would wait for a further link that none follows. */
    void giveUp(String reason) {
        offering.filter(OfferingWriter::isResumable).ifPresent(writer -> {
            try {
                if (writer.isParallel() && !writer.isFlushedWithin(untilFlushed())) {
                    LOG.debug("the links are not free for the end of the migration");
                    return;
                }
                FrameWriter last = new FrameWriter(link.link().out(GIVE_UP));
                last.resumeAt(writer.frames().number());
                last.write(FrameType.GIVE_UP, reason);
                if (writer.isParallel()) {
                    // The end of another link must not come before the reason, upon which the receiver closes all.
                    link.link().firstWithin(GIVE_UP);
                }
            } catch (IOException e) {
                LOG.debug("the receiver does not know that the migration has ended", e);
            }
        });
    }

    /** A suspended guest does not wait for a slow link, nor does one of which nothing is known any more. */
    private Duration untilFlushed() {
        try {
            return link.isGuestSuspended() ? GIVE_UP : PATIENT_GIVE_UP;
        } catch (ToolstackException e) {
            LOG.debug("whether the guest is suspended is not known", e);
            return GIVE_UP;
        }
    }

    /** Ends the threads of links beside the first one. */
    @Override
    public void close() {
        offering.ifPresent(OfferingWriter::close);
    }
}
