// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.handover;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.xenjava.toolstack.migrate.ChannelLink;
import org.xenjava.toolstack.migrate.MigrationLink;
import org.xenjava.toolstack.stream.framed.Frame;
import org.xenjava.toolstack.stream.framed.FrameType;

/** The link between the two ends of a migration, which breaks after some byte. */
final class TestCable {
    private final Pipe up = pipe();
    private final Pipe down = pipe();
    private final AtomicLong upLeft = new AtomicLong(Long.MAX_VALUE);
    private final AtomicLong downLeft = new AtomicLong(Long.MAX_VALUE);
    private final AtomicLong afterGo = new AtomicLong(-1);
    private final AtomicLong upWritesLeft = new AtomicLong(Long.MAX_VALUE);
    private final AtomicLong upFlipped = new AtomicLong(-1);
    private final AtomicLong upBytes = new AtomicLong();
    private final AtomicLong upWrites = new AtomicLong();
    private final AtomicLong downWrites = new AtomicLong();
    private final DelayLine delayed = new DelayLine(up.sink());
    private volatile boolean sparing;
    private volatile boolean delaying;
    private volatile long upRate = Long.MAX_VALUE;

    private static Pipe pipe() {
        try {
            return Pipe.open();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Breaks after that many bytes from the sender. */
    TestCable breakingUpAfter(long bytes) {
        upLeft.set(bytes);
        return this;
    }

    /** Breaks after that many bytes from the receiver. */
    TestCable breakingDownAfter(long bytes) {
        downLeft.set(bytes);
        return this;
    }

    /** Breaks after that many writes of the sender. */
    TestCable breakingUpAfterWrites(long writes) {
        upWritesLeft.set(writes);
        return this;
    }

    /** Damages one byte from the sender. */
    TestCable damagingUp(long offset) {
        upFlipped.set(offset);
        return this;
    }

    /** Takes that many bytes each second from the sender. */
    TestCable limitingUp(long bytesPerSecond) {
        upRate = bytesPerSecond;
        return this;
    }

    /** Takes everything from the sender at once, and lets it arrive later. */
    TestCable delayingUp(Duration time) {
        delayed.start(time);
        delaying = true;
        return this;
    }

    /** The bytes that the sender has sent. */
    long upBytes() {
        return upBytes.get();
    }

    /** The writes of the receiver. */
    long downWrites() {
        return downWrites.get();
    }

    /** The writes of the sender. */
    long upWrites() {
        return upWrites.get();
    }

    /** Never breaks at the sender's permission. */
    TestCable sparingPermission() {
        sparing = true;
        return this;
    }

    /** Breaks after that many bytes of the sender's permission. */
    TestCable breakingInPermissionAfter(long bytes) {
        afterGo.set(bytes);
        return this;
    }

    /** The sender's process has ended, whether it has used the cable or not. */
    void cut() {
        try {
            breakNow();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    MigrationLink sender() {
        return end(down.source(), counted(delaying ? delayed : up.sink()), upLeft);
    }

    MigrationLink receiver() {
        return end(up.source(), down.sink(), downLeft);
    }

    private MigrationLink end(ReadableByteChannel in, WritableByteChannel out, AtomicLong left) {
        WritableByteChannel breaking = new WritableByteChannel() {
            @Override
            public int write(ByteBuffer bytes) throws IOException {
                if (afterGo.get() >= 0 && isPermission(bytes)) {
                    left.set(afterGo.get());
                }
                if (left == downLeft) {
                    downWrites.incrementAndGet();
                }
                if (left.get() == 0) {
                    breakNow();
                    throw new IOException("Broken pipe");
                }
                ByteBuffer part = bytes.slice(bytes.position(), (int) Math.min(bytes.remaining(), left.get()));
                int written = 0;
                while (part.hasRemaining()) {
                    written += out.write(part);
                }
                bytes.position(bytes.position() + written);
                if (left.addAndGet(-written) == 0) {
                    breakNow();
                }
                return written;
            }

            @Override
            public boolean isOpen() {
                return out.isOpen();
            }

            @Override
            public void close() throws IOException {
                out.close();
            }
        };
        return ChannelLink.of(in, breaking);
    }

    /** Counts and damages what the sender sends. */
    private WritableByteChannel counted(WritableByteChannel out) {
        return new WritableByteChannel() {
            @Override
            public int write(ByteBuffer bytes) throws IOException {
                if (!(sparing && isPermission(bytes)) && upWritesLeft.getAndDecrement() == 0) {
                    breakNow();
                    throw new IOException("Broken pipe");
                }
                upWrites.incrementAndGet();
                LockSupport.parkNanos((long) ((double) bytes.remaining() / upRate * TimeUnit.SECONDS.toNanos(1)));
                ByteBuffer content = ByteBuffer.allocate(bytes.remaining()).put(bytes);
                long at = upFlipped.get() - upBytes.getAndAdd(content.position());
                if (at >= 0 && at < content.position()) {
                    content.put((int) at, (byte) ~content.get((int) at));
                }
                return out.write(content.flip());
            }

            @Override
            public boolean isOpen() {
                return out.isOpen();
            }

            @Override
            public void close() throws IOException {
                out.close();
            }
        };
    }

    /** Whether the sender gives its permission, in one of the protocols. */
    private static boolean isPermission(ByteBuffer bytes) {
        byte[] content = new byte[Math.min(bytes.remaining(), Handshake.GO.length())];
        bytes.duplicate().get(content);
        return new String(content, StandardCharsets.ISO_8859_1).equals(Handshake.GO)
                || content.length == Frame.HEADER_BYTES && content[0] == FrameType.PERMISSION.number();
    }

    /** What is in the cable still arrives. */
    private void breakNow() throws IOException {
        if (delaying) {
            delayed.close();
        } else {
            up.sink().close();
        }
        down.sink().close();
    }
}
