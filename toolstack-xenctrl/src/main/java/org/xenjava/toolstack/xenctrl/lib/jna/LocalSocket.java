// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib.jna;

import com.sun.jna.Memory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.LocalConnection;
import org.xenjava.toolstack.xenctrl.lib.LocalConnection.FileAccess;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;

/** A stream socket of {@code unix(7)}; layouts of {@code sys/un.h} and {@code bits/socket.h} on x86-64. */
final class LocalSocket implements LocalConnection {
    private static final int AF_UNIX = 1;
    private static final int SOCK_STREAM_CLOEXEC = 0x80001;
    private static final int ADDRESS_BYTES = 110;
    private static final int SOL_SOCKET = 1;
    private static final int SCM_RIGHTS = 1;
    private static final int MSG_DONTWAIT_NOSIGNAL = 0x4040;

    /** {@code struct msghdr}, {@code struct iovec}, and {@code struct cmsghdr} with one descriptor. */
    private static final int HEADER_BYTES = 56;

    private static final int VECTOR_BYTES = 16;
    private static final int CONTROL_BYTES = 24;
    private static final int CONTROL_LENGTH = 20;

    private final FileDescriptor socket;
    private final Waiter waiter = new Waiter();

    private LocalSocket(FileDescriptor socket) {
        this.socket = socket;
    }

    static LocalSocket connect(Path path) {
        byte[] name = path.toString().getBytes(StandardCharsets.UTF_8);
        if (name.length > ADDRESS_BYTES - Short.BYTES - 1) {
            throw new XenLibException("connect " + path, Errno.EINVAL);
        }
        byte[] address = ByteBuffer.allocate(ADDRESS_BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putShort((short) AF_UNIX)
                .put(name)
                .array();
        FileDescriptor socket =
                new FileDescriptor(Result.notNegative("socket", LibC.socket(AF_UNIX, SOCK_STREAM_CLOEXEC, 0)));
        try {
            Result.notNegative("connect " + path, LibC.connect(socket.number(), address, address.length));
            return new LocalSocket(socket);
        } catch (RuntimeException e) {
            socket.close();
            throw e;
        }
    }

    @Override
    public void send(byte[] bytes) {
        requireAll(bytes, LibC.send(socket.number(), bytes, bytes.length, MSG_DONTWAIT_NOSIGNAL));
    }

    @Override
    public void send(byte[] bytes, Path file, FileAccess access) {
        int mode =
                switch (access) {
                    case READ_ONLY -> FileDescriptor.READ_ONLY;
                    case WRITE_ONLY -> FileDescriptor.WRITE_ONLY;
                    case READ_WRITE -> FileDescriptor.READ_WRITE;
                };
        try (FileDescriptor passed = FileDescriptor.open(file.toString(), mode);
                Memory memory = new Memory(HEADER_BYTES + VECTOR_BYTES + CONTROL_BYTES + (long) bytes.length)) {
            long vector = HEADER_BYTES;
            long control = vector + VECTOR_BYTES;
            long payload = control + CONTROL_BYTES;
            memory.clear();
            memory.setPointer(16, memory.share(vector));
            memory.setLong(24, 1);
            memory.setPointer(32, memory.share(control));
            memory.setLong(40, CONTROL_BYTES);
            memory.setPointer(vector, memory.share(payload));
            memory.setLong(vector + 8, bytes.length);
            memory.setLong(control, CONTROL_LENGTH);
            memory.setInt(control + 8, SOL_SOCKET);
            memory.setInt(control + 12, SCM_RIGHTS);
            memory.setInt(control + 16, passed.number());
            memory.write(payload, bytes, 0, bytes.length);
            requireAll(bytes, LibC.sendmsg(socket.number(), memory, MSG_DONTWAIT_NOSIGNAL));
        }
    }

    private static void requireAll(byte[] bytes, long sent) {
        if (sent < 0) {
            throw Result.failure("send");
        }
        if (sent < bytes.length) {
            throw new XenLibException("send", Errno.EAGAIN);
        }
    }

    @Override
    public int receive(byte[] buffer, Duration timeout) {
        if (waiter.await(socket.number(), timeout) != Waiter.Outcome.READABLE) {
            return 0;
        }
        long received = LibC.recv(socket.number(), buffer, buffer.length, 0);
        if (received < 0) {
            throw Result.failure("recv");
        }
        return received == 0 ? -1 : (int) received;
    }

    @Override
    public void close() {
        waiter.close();
        socket.close();
    }
}
