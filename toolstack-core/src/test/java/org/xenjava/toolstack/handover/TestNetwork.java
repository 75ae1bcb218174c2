// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.handover;

import java.io.Closeable;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import java.util.function.UnaryOperator;
import org.xenjava.toolstack.migrate.ChannelLink;
import org.xenjava.toolstack.migrate.FurtherLinks;
import org.xenjava.toolstack.migrate.MigrationLink;
import org.xenjava.toolstack.migrate.MigrationToken;

/** Brings further links of migrations from their senders to their receivers, by one cable each. */
final class TestNetwork {
    private final Map<MigrationToken, Consumer<MigrationLink>> receivers = new ConcurrentHashMap<>();
    private final List<TestCable> cables = new CopyOnWriteArrayList<>();
    private final List<TestCable> taken = new CopyOnWriteArrayList<>();
    private final IntFunction<Optional<TestCable>> next;

    /** Changes the token that a sender shows. */
    volatile UnaryOperator<MigrationToken> shown = token -> token;

    /** @param next the cable of each attempt, from 0; empty if it fails */
    TestNetwork(IntFunction<Optional<TestCable>> next) {
        this.next = next;
    }

    /** The cables of further links so far. */
    List<TestCable> cables() {
        return List.copyOf(cables);
    }

    /** The cables that a receiver has answered. */
    long answered() {
        return taken.stream().filter(cable -> cable.downWrites() > 0).count();
    }

    /** The migrations that wait for further links. */
    int waiting() {
        return receivers.size();
    }

    MigrationLink connect(MigrationToken token) throws IOException {
        TestCable cable = next();
        Optional<Consumer<MigrationLink>> receiver = Optional.ofNullable(receivers.get(shown.apply(token)));
        receiver.ifPresent(known -> taken.add(cable));
        new Thread(() -> arrive(receiver, cable.receiver()), "further-link").start();
        return cable.sender();
    }

    /** Several threads may connect at once. */
    private synchronized TestCable next() throws IOException {
        TestCable cable = next.apply(cables.size()).orElseThrow(() -> new IOException("no route to host"));
        cables.add(cable);
        return cable;
    }

    private static void arrive(Optional<Consumer<MigrationLink>> receiver, MigrationLink link) {
        if (receiver.isPresent()) {
            receiver.get().accept(link);
            return;
        }
        try (link) {
            FurtherLinks.refuse(link);
        } catch (IOException e) {
            // The sender does not wait for the answer any more.
        }
    }

    private Closeable open(MigrationToken token, Consumer<MigrationLink> taker) {
        receivers.put(token, taker);
        return () -> receivers.remove(token);
    }

    /** The same link, which further ones may follow. */
    MigrationLink followed(MigrationLink link) {
        return link(link, Optional.of(this::open));
    }

    /** The same link, which no other one follows. */
    static MigrationLink alone(MigrationLink link) {
        return link(link, Optional.empty());
    }

    private static MigrationLink link(MigrationLink link, Optional<FurtherLinks> further) {
        return new ChannelLink(link.in(), link.out(), further, link::close);
    }
}
