// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.rehearsal;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.Pipe;
import java.util.UUID;
import java.util.stream.Collectors;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.migrate.ChannelLink;
import org.xenjava.toolstack.migrate.MigrationLink;
import org.xenjava.toolstack.migrate.MigrationTarget;
import org.xenjava.toolstack.migrate.Presence;

/** Another toolstack of this process as the target of a migration; two pipes lead to it. */
final class PipeTarget implements MigrationTarget {
    private final Toolstack toolstack;
    private final Pipe up = pipe();
    private final Pipe down = pipe();

    PipeTarget(Toolstack toolstack) {
        this.toolstack = toolstack;
    }

    private static Pipe pipe() {
        try {
            return Pipe.open();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The end of the receiver. */
    MigrationLink receiver() {
        return ChannelLink.of(up.source(), down.sink());
    }

    @Override
    public String name() {
        return "rehearsal";
    }

    @Override
    public MigrationLink connect() {
        return ChannelLink.of(down.source(), up.sink());
    }

    /** Closes the end of the sender, which never connects if its guest cannot be migrated: the receiver would wait. */
    void closeSender() {
        try {
            connect().close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public Presence presence(UUID uuid, String name) {
        String table = toolstack.statuses().stream()
                .map(status -> status.uuid() + " " + status.domid() + " " + status.name())
                .collect(Collectors.joining("\n"));
        return Presence.inTable(table, uuid, name);
    }
}
