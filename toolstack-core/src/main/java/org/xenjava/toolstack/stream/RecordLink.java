// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.stream;

import java.nio.channels.WritableByteChannel;
import java.util.function.UnaryOperator;

/** A link to another host, which takes the records of a domain. */
public interface RecordLink {
    /**
     * {@return a writer in the format that both ends use; the format is known once the header is written}
     *
     * @param pace changes each channel to the other host, of which there may be several at once
     */
    RecordWriter writer(UnaryOperator<WritableByteChannel> pace);
}
