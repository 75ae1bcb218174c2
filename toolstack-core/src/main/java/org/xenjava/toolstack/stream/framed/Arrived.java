// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.stream.framed;

import java.io.IOException;
import java.nio.channels.ReadableByteChannel;
import java.util.Optional;
import org.xenjava.toolstack.stream.PageBatch;

/**
 * A frame that was read, with its pages, if it has some. Both are valid until the next frame of the same link is read.
 *
 * @param number of the frame
 * @param frame the frame
 * @param pages the pages of a frame of pages
 */
record Arrived(long number, Frame frame, Optional<PageBatch> pages) {
    static Arrived read(FrameReader reader, ReadableByteChannel channel, PageFrames codec) throws IOException {
        Frame frame = reader.next(channel);
        Optional<PageBatch> pages =
                frame.type() == FrameType.PAGES ? Optional.of(codec.read(frame, reader)) : Optional.empty();
        return new Arrived(reader.number() - 1, frame, pages);
    }
}
