// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.stream;

import java.nio.channels.WritableByteChannel;

/** A link to another host, which takes the records of a domain. */
public interface RecordLink {
    /** {@return what goes to the other host} */
    WritableByteChannel channel();

    /**
     * {@return a writer in the format that both ends use; the format is known once the header is written}
     *
     * @param channel leads to {@link #channel}
     */
    RecordWriter writer(WritableByteChannel channel);
}
