// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.save;

import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.xenjava.toolstack.xenctrl.abi.DomctlOp;
import org.xenjava.toolstack.xenctrl.lib.HostDevices;
import org.xenjava.toolstack.xenctrl.lib.HypercallBuffer;
import org.xenjava.toolstack.xenctrl.lib.XenCall;
import org.xenjava.toolstack.xenctrl.lib.XenDeviceModel;
import org.xenjava.toolstack.xenctrl.lib.XenEventChannels;
import org.xenjava.toolstack.xenctrl.lib.XenForeignMemory;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;
import org.xenjava.toolstack.xenctrl.lib.XenStore;

/** The libraries of a machine whose guests all report addresses of 32 bits. */
record NarrowGuests(XenLibraries below) implements XenLibraries {
    private static final int DOMCTL = 36;

    @Override
    public XenCall call() {
        return new Narrowing(below.call(), new ConcurrentHashMap<>());
    }

    private record Narrowing(XenCall below, Map<Long, HypercallBuffer> buffers) implements XenCall {
        @Override
        public int call(int op, long... args) {
            int result = below.call(op, args);
            if (op == DOMCTL) {
                ByteBuffer bytes = Objects.requireNonNull(buffers.get(args[0])).bytes();
                if (bytes.getInt(0) == DomctlOp.GET_ADDRESS_SIZE.number()) {
                    bytes.putInt(DomctlOp.UNION_OFFSET, Integer.SIZE);
                }
            }
            return result;
        }

        @Override
        public HypercallBuffer allocBuffer(int bytes) {
            HypercallBuffer buffer = below.allocBuffer(bytes);
            buffers.put(buffer.address(), buffer);
            return buffer;
        }

        @Override
        public void close() {
            below.close();
        }
    }

    @Override
    public XenForeignMemory foreignMemory() {
        return below.foreignMemory();
    }

    @Override
    public XenEventChannels eventChannels() {
        return below.eventChannels();
    }

    @Override
    public XenDeviceModel deviceModel() {
        return below.deviceModel();
    }

    @Override
    public XenStore store() {
        return below.store();
    }

    @Override
    public HostDevices hostDevices() {
        return below.hostDevices();
    }

    @Override
    public void close() {
        below.close();
    }
}
