// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib.jna;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;

/** Network interfaces: numbers of {@code linux/sockios.h}, and {@code struct ifreq} of {@code linux/if.h}. */
final class NetworkLink {
    private static final long SIOCGIFFLAGS = 0x8913;
    private static final long SIOCSIFFLAGS = 0x8914;
    private static final long SIOCSIFMTU = 0x8922;
    private static final long SIOCSIFNAME = 0x8923;
    private static final long SIOCSIFHWADDR = 0x8924;
    private static final long SIOCGIFINDEX = 0x8933;
    private static final long SIOCBRADDIF = 0x89A2;

    private static final int REQUEST_BYTES = 40;
    private static final int NAME_BYTES = 16;
    private static final int VALUE_AT = NAME_BYTES;
    private static final short UP = 1;
    private static final short ETHERNET = 1;

    private NetworkLink() {}

    static void joinBridge(String bridge, String link) {
        try (FileDescriptor socket = FileDescriptor.socket()) {
            ByteBuffer member = about(link);
            socket.ioctl("SIOCGIFINDEX", SIOCGIFINDEX, member.array());
            ByteBuffer request = about(bridge).putInt(VALUE_AT, member.getInt(VALUE_AT));
            socket.ioctl("SIOCBRADDIF", SIOCBRADDIF, request.array());
        } catch (XenLibException e) {
            // EBUSY: it is in a bridge. A back end's interface is new, so it was put there for this guest.
            if (!e.errno().equals(Errno.EBUSY)) {
                throw e;
            }
        }
    }

    static void setMtu(String link, int bytes) {
        request("SIOCSIFMTU", SIOCSIFMTU, about(link).putInt(VALUE_AT, bytes));
    }

    static void setHardwareAddress(String link, String address) {
        ByteBuffer request = about(link).putShort(VALUE_AT, ETHERNET);
        request.put(VALUE_AT + 2, HexFormat.ofDelimiter(":").parseHex(address));
        request("SIOCSIFHWADDR", SIOCSIFHWADDR, request);
    }

    static void bringUp(String link) {
        try (FileDescriptor socket = FileDescriptor.socket()) {
            ByteBuffer flags = about(link);
            socket.ioctl("SIOCGIFFLAGS", SIOCGIFFLAGS, flags.array());
            flags.putShort(VALUE_AT, (short) (flags.getShort(VALUE_AT) | UP));
            socket.ioctl("SIOCSIFFLAGS", SIOCSIFFLAGS, flags.array());
        }
    }

    static void rename(String link, String newName) {
        ByteBuffer request = about(link);
        request.put(VALUE_AT, bytes(newName));
        request("SIOCSIFNAME", SIOCSIFNAME, request);
    }

    private static void request(String name, long number, ByteBuffer request) {
        try (FileDescriptor socket = FileDescriptor.socket()) {
            socket.ioctl(name, number, request.array());
        }
    }

    private static ByteBuffer about(String link) {
        ByteBuffer request = ByteBuffer.allocate(REQUEST_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        return request.put(0, bytes(link));
    }

    private static byte[] bytes(String link) {
        byte[] name = link.getBytes(StandardCharsets.UTF_8);
        if (name.length >= NAME_BYTES) {
            throw new XenLibException("network interface " + link, Errno.EINVAL);
        }
        return name;
    }
}
