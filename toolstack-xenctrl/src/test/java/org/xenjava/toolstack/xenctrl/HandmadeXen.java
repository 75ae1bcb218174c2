// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.HostDevices;
import org.xenjava.toolstack.xenctrl.lib.HypercallBuffer;
import org.xenjava.toolstack.xenctrl.lib.XenCall;
import org.xenjava.toolstack.xenctrl.lib.XenDeviceModel;
import org.xenjava.toolstack.xenctrl.lib.XenEventChannels;
import org.xenjava.toolstack.xenctrl.lib.XenForeignMemory;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;
import org.xenjava.toolstack.xenctrl.lib.XenStore;

/** A hypervisor that shows the bytes it got and answers as the test says. It knows nothing of our layouts. */
final class HandmadeXen implements XenLibraries, XenCall {
    private static final int PAGE = 4096;

    /** One hypercall, while it is answered. */
    interface Answer {
        int to(int op, long... args);
    }

    private final Map<Long, ByteBuffer> buffers = new HashMap<>();
    private final List<String> calls = new ArrayList<>();
    private Answer answer = (op, args) -> op == 17 ? 4 << 16 | 17 : 0;
    private long nextAddress = 0x7F00_0000_0000L;

    /** From now on answers so. */
    HandmadeXen answering(Answer newAnswer) {
        answer = newAnswer;
        return this;
    }

    HandmadeXen failing(Errno errno) {
        return answering((op, args) -> {
            throw failure(op, errno);
        });
    }

    static XenLibException failure(int op, Errno errno) {
        return new XenLibException("hypercall " + op, errno);
    }

    /** The calls since the last time: number and arguments, buffers by their address. */
    List<String> takeCalls() {
        List<String> taken = List.copyOf(calls);
        calls.clear();
        return taken;
    }

    /** The buffer at that address. */
    ByteBuffer at(long address) {
        ByteBuffer buffer = buffers.get(address);
        if (buffer == null) {
            throw new AssertionError("no buffer at " + Long.toHexString(address));
        }
        return buffer;
    }

    /** The first bytes of the buffer at that address, in hex. */
    String hex(long address, int bytes) {
        byte[] content = new byte[bytes];
        at(address).get(0, content);
        return HexFormat.of().formatHex(content);
    }

    int openBuffers() {
        return buffers.size();
    }

    @Override
    public int call(int op, long... args) {
        calls.add(op + " with " + args.length + " arguments");
        return answer.to(op, args);
    }

    @Override
    public HypercallBuffer allocBuffer(int bytes) {
        if (bytes < 1) {
            throw new AssertionError("a buffer of " + bytes + " bytes");
        }
        int size = (bytes + PAGE - 1) / PAGE * PAGE;
        long address = nextAddress;
        nextAddress += size;
        buffers.put(address, ByteBuffer.allocateDirect(size).order(ByteOrder.LITTLE_ENDIAN));
        return new HypercallBuffer() {
            @Override
            public long address() {
                return address;
            }

            @Override
            public ByteBuffer bytes() {
                return at(address).duplicate().order(ByteOrder.LITTLE_ENDIAN);
            }

            @Override
            public void close() {
                buffers.remove(address);
            }
        };
    }

    @Override
    public XenCall call() {
        return this;
    }

    @Override
    public XenForeignMemory foreignMemory() {
        throw new AssertionError("not used by hypercalls");
    }

    @Override
    public XenEventChannels eventChannels() {
        throw new AssertionError("not used by hypercalls");
    }

    @Override
    public XenDeviceModel deviceModel() {
        throw new AssertionError("not used by hypercalls");
    }

    @Override
    public XenStore store() {
        throw new AssertionError("not used by hypercalls");
    }

    @Override
    public HostDevices hostDevices() {
        throw new AssertionError("nobody asks dom0's kernel here");
    }

    @Override
    public void close() {}
}
