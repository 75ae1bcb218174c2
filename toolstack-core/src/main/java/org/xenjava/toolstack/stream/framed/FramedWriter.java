// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.stream.framed;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import org.xenjava.toolstack.stream.PageBatch;
import org.xenjava.toolstack.stream.SaveStreamWriter;
import org.xenjava.toolstack.stream.StreamRecord;

/** Writes the records of a domain in frames, once both ends have agreed to. */
final class FramedWriter {
    private final FrameWriter frames;
    private final PageFrames pages;
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final SaveStreamWriter records = new SaveStreamWriter(Channels.newChannel(bytes));
    private long storedPages;

    /** Writes the first frame. */
    FramedWriter(FrameWriter frames, Terms terms) throws IOException {
        this.frames = frames;
        this.pages = new PageFrames(terms.has(Terms.ZSTD));
        frames.write(FrameType.START, terms.body());
    }

    long storedPages() {
        return storedPages;
    }

    void write(StreamRecord record) throws IOException {
        if (record instanceof PageBatch batch) {
            storedPages += pages.write(batch, frames);
            return;
        }
        bytes.reset();
        records.write(record);
        frames.write(FrameType.RECORD, ByteBuffer.wrap(bytes.toByteArray()));
    }
}
