// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.migrate;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.util.Optional;

/**
 * A link of two channels, such as both pipes of a process, or a socket.
 *
 * @param in what comes from the other end; a blocking channel
 * @param out what goes to the other end; a blocking channel that keeps no byte back
 * @param furtherLinks the way by which further links of the same migration reach this end; empty if there is none
 * @param end ends both directions, also a read or a write that waits
 */
public record ChannelLink(
        ReadableByteChannel in, WritableByteChannel out, Optional<FurtherLinks> furtherLinks, Closeable end)
        implements MigrationLink {
    /**
     * {@return a link without further ones, whose end closes both channels}
     *
     * @param in what comes from the other end
     * @param out what goes to the other end; may be the same channel
     */
    public static ChannelLink of(ReadableByteChannel in, WritableByteChannel out) {
        return new ChannelLink(in, out, Optional.empty(), () -> {
            try (out) {
                in.close();
            }
        });
    }

    /**
     * {@return the same link with a way by which further links arrive}
     *
     * @param links the way; empty if there is none
     */
    public ChannelLink followedBy(Optional<FurtherLinks> links) {
        return new ChannelLink(in, out, links, end);
    }

    /** Ends both directions. */
    @Override
    public void close() throws IOException {
        end.close();
    }
}
