// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.handover;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.error.MigrationException;
import org.xenjava.toolstack.error.OperationCancelledException;
import org.xenjava.toolstack.error.ToolstackException;
import org.xenjava.toolstack.migrate.MigrationLimits;
import org.xenjava.toolstack.migrate.MigrationProtocol;
import org.xenjava.toolstack.migrate.MigrationTarget;
import org.xenjava.toolstack.migrate.Presence;
import org.xenjava.toolstack.stream.RecordLink;

/**
 * The sending end of a migration. The guest belongs to the sender until it has given its permission, and to nobody until
 * the receiver has reported, or was asked: then either end has it, never both.
 */
public final class MigrationSender {
    private static final Logger LOG = LoggerFactory.getLogger(MigrationSender.class);
    private static final Duration BETWEEN_QUESTIONS = Duration.ofMillis(500);

    private final MigrationTarget target;
    private final MigrationLimits limits;
    private final MigrationProtocol protocol;
    private final int streams;
    private final Guest guest;

    /**
     * Prepares a migration.
     *
     * @param target the other host
     * @param limits the longest waits
     * @param protocol the protocol between both ends
     * @param streams the number of links that carry pages at once, in this library's protocol
     * @param guest the guest
     */
    public MigrationSender(
            MigrationTarget target, MigrationLimits limits, MigrationProtocol protocol, int streams, Guest guest) {
        this.streams = streams;
        this.target = target;
        this.limits = limits;
        this.protocol = protocol;
        this.guest = guest;
    }

    /** The guest on the sending host. */
    public interface Guest {
        /** Sends the whole guest and leaves it suspended. */
        void send(RecordLink link) throws IOException;

        /** Ends the migration by an exception if it was cancelled. */
        void check();

        /** Whether the guest stands still, so that no wait may be long. */
        boolean isSuspended();

        /** Whether the receiver may open disks of the guest only with the permission. */
        boolean hasDisksToOpenLate();

        /** Records that the guest may run on the other host from now on. */
        void giveAway();

        /** Records that the guest is back. */
        void takeBack();

        /** Asks the target. */
        Presence presence(MigrationTarget target) throws IOException;
    }

    /**
     * Migrates the guest. When the method returns, the other host has it.
     *
     * @throws MigrationException if the guest stays; {@link Guest#takeBack} was called if it was given away, and may have
     *     failed. If the message says that nobody knows, it was not called
     */
    public void migrate() {
        try (DepartingLink link = new DepartingLink(target, limits, streams, guest)) {
            Handshake handshake = new Handshake(link.link());
            awaitAnswer(link, limits.start());
            handshake.expect(Handshake.READY, limits.start());
            try (SendingEnd end = new SendingEnd(link, limits, protocol, handshake, guest.hasDisksToOpenLate())) {
                handOver(untilBuilt(end, link));
            }
        } catch (IOException e) {
            throw new MigrationException("the link to the other host broke: " + e.getMessage(), e);
        }
    }

    /** Until this method returns, the guest is the sender's, and a link that is lost may be replaced. */
    private DepartureMessages untilBuilt(SendingEnd end, DepartingLink link) throws IOException {
        try {
            DepartureMessages messages = sent(end, link);
            guest.check();
            giveAway();
            return messages;
        } catch (RuntimeException | Error e) {
            end.giveUp(String.valueOf(e.getMessage()));
            throw e;
        }
    }

    /** Sends the guest, until the other host has built it or the migration is cancelled. */
    private DepartureMessages sent(SendingEnd end, DepartingLink link) throws IOException {
        CancelledLink watch = CancelledLink.watch(guest::check, link::cutAll);
        try {
            send(end);
            LOG.debug("the guest was sent");
            DepartureMessages messages = end.messages();
            awaitAnswer(link, limits.devices());
            messages.awaitBuilt(limits);
            LOG.debug("the other host has built it");
            return messages;
        } finally {
            watch.end();
        }
    }

    /** Waits until an answer begins, the link is lost, or the migration is cancelled. */
    private static void awaitAnswer(DepartingLink link, Duration time) throws IOException {
        boolean silent = false;
        try {
            silent = link.awaitFirst(time).isEmpty();
        } catch (IOException e) {
            LOG.debug("the link is lost, which the next read finds", e);
        }
        if (silent) {
            throw new SilentLinkException(time, null);
        }
    }

    /** A receiver that refuses the guest closes the link, and has sent its reason before. */
    private void send(SendingEnd end) throws IOException {
        try {
            guest.send(end);
        } catch (IOException e) {
            throw end.messages()
                    .refusal()
                    .map(reason -> new MigrationException("the other host refuses the guest: " + reason, e))
                    .orElseThrow(() -> e);
        }
    }

    private void giveAway() {
        try {
            guest.giveAway();
        } catch (ToolstackException e) {
            throw new MigrationException("giving the guest away failed: " + e.getMessage(), e);
        }
    }

    private void handOver(DepartureMessages messages) {
        Optional<String> refusal;
        try {
            messages.permit();
            refusal = messages.awaitReport(limits);
        } catch (IOException | MigrationException e) {
            LOG.warn("the other host did not report whether the guest runs there: {}", e.getMessage());
            settle();
            return;
        }
        if (refusal.isPresent()) {
            throw takenBack("the other host could not start the guest (" + refusal.get() + ")");
        }
    }

    /** Asks the target of this migration. */
    private void settle() {
        if (answer() == Presence.ABSENT) {
            throw takenBack("the other host does not have the guest");
        }
    }

    /** {@return the failure of a migration after which the guest was taken back, or could not be} */
    private MigrationException takenBack(String reason) {
        try {
            guest.takeBack();
            return new MigrationException(reason);
        } catch (ToolstackException e) {
            return new MigrationException(
                    reason + ", and taking the guest back failed: " + e.getMessage()
                            + "; take it back later (migrate --take-back)",
                    e);
        }
    }

    /**
     * Asks a target whether it has a guest that was given away earlier. When the method returns, it has it.
     *
     * @throws MigrationException if it does not, or nobody knows; the guest stays suspended
     */
    public void confirm() {
        if (answer() == Presence.ABSENT) {
            throw new MigrationException("that host does not have the guest. It may have run there and ended, or be on"
                    + " another host; if it never ran there, take it back");
        }
    }

    /**
     * Takes a guest back that was given away earlier.
     *
     * @throws MigrationException if the target has it, or nobody knows; the guest stays suspended
     */
    public void reclaim() {
        if (answer() == Presence.TAKEN_OVER) {
            throw new MigrationException("that host has the guest");
        }
        guest.takeBack();
    }

    /** {@link Presence#TAKEN_OVER} or {@link Presence#ABSENT}. */
    private Presence answer() {
        long end = System.nanoTime() + limits.asking().toNanos();
        Presence presence = ask();
        while (presence == Presence.UNDECIDED && System.nanoTime() < end) {
            pause();
            presence = ask();
        }
        if (presence == Presence.UNDECIDED) {
            throw new MigrationException(
                    "nobody knows whether the other host runs the guest; migrate it again to ask the other host again");
        }
        return presence;
    }

    private Presence ask() {
        try {
            return guest.presence(target);
        } catch (IOException e) {
            LOG.debug("the other host cannot be asked", e);
            return Presence.UNDECIDED;
        }
    }

    private static void pause() {
        try {
            Thread.sleep(BETWEEN_QUESTIONS.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new OperationCancelledException(
                    "asking the other host was interrupted; the guest stays suspended", e);
        }
    }
}
