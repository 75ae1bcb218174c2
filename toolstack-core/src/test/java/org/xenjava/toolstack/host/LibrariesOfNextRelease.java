// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.host;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.xenjava.toolstack.xenctrl.abi.Hypercall;
import org.xenjava.toolstack.xenctrl.lib.HostDevices;
import org.xenjava.toolstack.xenctrl.lib.HypercallBuffer;
import org.xenjava.toolstack.xenctrl.lib.XenCall;
import org.xenjava.toolstack.xenctrl.lib.XenDeviceModel;
import org.xenjava.toolstack.xenctrl.lib.XenEventChannels;
import org.xenjava.toolstack.xenctrl.lib.XenForeignMemory;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;
import org.xenjava.toolstack.xenctrl.lib.XenStore;

/**
 * Libraries on a Xen 4.23 for a toolstack that knows it: it is told 4.22, and its interface versions are raised by one
 * on their way.
 */
public class LibrariesOfNextRelease implements XenLibraries {
    private static final int VERSION_OFFSET = 4;
    private static final int CMD_GET_DOMAIN_STATE = 90;

    private final XenLibraries below;
    private final Map<Long, HypercallBuffer> buffers = new ConcurrentHashMap<>();

    public LibrariesOfNextRelease(XenLibraries below) {
        this.below = below;
    }

    /** The minor number of the release that the toolstack is told. */
    public int minor() {
        return 22;
    }

    @Override
    public XenCall call() {
        return new XenCall() {
            @Override
            public int call(int op, long... args) {
                if (op == Hypercall.XEN_VERSION.number() && args[0] == 0) {
                    return 4 << 16 | minor();
                }
                if (op == Hypercall.DOMCTL.number() || op == Hypercall.SYSCTL.number()) {
                    raise(buffers.get(args[0]).bytes().order(ByteOrder.LITTLE_ENDIAN));
                }
                return below.call().call(op, args);
            }

            @Override
            public HypercallBuffer allocBuffer(int bytes) {
                HypercallBuffer buffer = below.call().allocBuffer(bytes);
                buffers.put(buffer.address(), buffer);
                return buffer;
            }

            @Override
            public void close() {
                below.call().close();
            }
        };
    }

    /** A header that is used a second time has been raised already. */
    private static void raise(ByteBuffer header) {
        int version = header.getInt(VERSION_OFFSET);
        boolean ofNewest = version == 0x18 || version == 0x16;
        if (ofNewest && header.getInt(0) != CMD_GET_DOMAIN_STATE) {
            header.putInt(VERSION_OFFSET, version + 1);
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
