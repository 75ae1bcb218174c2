// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.domain;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;

/** A stream as a channel that keeps no byte back, writes large parts, and reports the failures of a PrintStream too. */
final class StreamChannel implements WritableByteChannel {
    private final OutputStream stream;

    StreamChannel(OutputStream stream) {
        this.stream = stream;
    }

    @Override
    public int write(ByteBuffer bytes) throws IOException {
        byte[] content = new byte[bytes.remaining()];
        bytes.get(content);
        stream.write(content);
        stream.flush();
        if (stream instanceof PrintStream printed && printed.checkError()) {
            throw new IOException("the stream is closed");
        }
        return content.length;
    }

    @Override
    public boolean isOpen() {
        return true;
    }

    @Override
    public void close() throws IOException {
        stream.close();
    }
}
