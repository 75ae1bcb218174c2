// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.migrate;

import java.io.IOException;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.util.Optional;

/** The two directions of a link to the other end of a migration, such as the streams of an ssh process. */
public interface MigrationLink extends AutoCloseable {
    /** {@return what comes from the other end; a blocking channel} */
    ReadableByteChannel in();

    /** {@return what goes to the other end; a blocking channel that keeps no byte back} */
    WritableByteChannel out();

    /** {@return the way by which further links of the same migration reach this end; empty if there is none} */
    default Optional<FurtherLinks> furtherLinks() {
        return Optional.empty();
    }

    /** Ends both directions. A read or a write that waits in another thread ends too. */
    @Override
    void close() throws IOException;
}
