// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.handover;

import java.io.IOException;
import java.nio.channels.ReadableByteChannel;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.error.MigrationException;
import org.xenjava.toolstack.migrate.MigrationLimits;
import org.xenjava.toolstack.migrate.MigrationLink;
import org.xenjava.toolstack.operation.Undo;

/** The receiving end of a migration. */
public final class MigrationReceiver {
    private static final Logger LOG = LoggerFactory.getLogger(MigrationReceiver.class);

    /** The status that xl reports for its general error. */
    private static final int FAILED = 3;

    private final MigrationLink link;
    private final MigrationLimits limits;

    /**
     * Names the link.
     *
     * @param link the link to the sender, which is closed when {@link #receive} returns
     * @param limits the longest waits
     */
    public MigrationReceiver(MigrationLink link, MigrationLimits limits) {
        this.link = link;
        this.limits = limits;
    }

    /** A guest that was received and does not run yet. */
    public interface Arrival {
        /** Takes the guest over, after the sender's permission. When it returns, the guest runs. */
        void takeOver();

        /** Removes the domain; the guest has not run in it. */
        void abandon();
    }

    /**
     * Receives a guest.
     *
     * @param <A> type of the guest
     * @param build builds a domain from the stream
     * @return the guest, which was taken over
     * @throws MigrationException if the sender keeps the guest; nothing of it is left here
     */
    public <A extends Arrival> A receive(Function<ReadableByteChannel, A> build) {
        try (TimedLink timed = new TimedLink(link, limits.silence())) {
            Handshake handshake = new Handshake(timed);
            handshake.send(Handshake.READY);
            A arrival = build.apply(timed.in());
            LOG.debug("the guest was received");
            Undo.onFailure(() -> awaitPermission(handshake), arrival::abandon);
            takeOver(handshake, arrival);
            return arrival;
        } catch (IOException e) {
            throw broken(e);
        }
    }

    private void awaitPermission(Handshake handshake) {
        try {
            handshake.send(Handshake.BUILT);
            handshake.expect(Handshake.GO, limits.silence());
        } catch (IOException e) {
            throw broken(e);
        }
    }

    private static MigrationException broken(IOException e) {
        return new MigrationException("the link to the sender broke: " + e.getMessage(), e);
    }

    private static void takeOver(Handshake handshake, Arrival arrival) {
        Undo.onFailure(arrival::takeOver, () -> {
            // The guest goes back only once nothing of it is left here.
            arrival.abandon();
            report(handshake, Handshake.REPORT + (char) FAILED + Handshake.GO);
        });
        report(handshake, Handshake.REPORT + (char) 0);
    }

    private static void report(Handshake handshake, String message) {
        try {
            handshake.send(message);
        } catch (IOException e) {
            LOG.warn("the sender does not get the report and will ask: {}", e.getMessage());
        }
    }
}
