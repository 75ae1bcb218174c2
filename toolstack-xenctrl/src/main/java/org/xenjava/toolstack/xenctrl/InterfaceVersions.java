// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.xenjava.toolstack.xenctrl.abi.DomctlOp;
import org.xenjava.toolstack.xenctrl.abi.Hypercall;
import org.xenjava.toolstack.xenctrl.abi.SysctlOp;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.HypercallBuffer;
import org.xenjava.toolstack.xenctrl.lib.XenAccessException;
import org.xenjava.toolstack.xenctrl.lib.XenCall;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;

/**
 * The interface versions of a Xen without a description. They are found by trial: Xen answers EACCES to every other
 * version.
 *
 * @param domctl version of domctl; empty if none of the likely ones is right
 * @param sysctl version of sysctl; likewise
 */
record InterfaceVersions(OptionalInt domctl, OptionalInt sysctl) {
    private static final int FIRST = 0x12;
    private static final int LAST = 0x40;
    private static final int ARGUMENT_BYTES = 144;
    private static final int VERSION_OFFSET = 4;

    /** @throws XenAccessException if this is not the control domain */
    static InterfaceVersions probe(XenCall call) {
        return new InterfaceVersions(
                version(call, Hypercall.DOMCTL, DomctlOp.GETDOMAININFO.number()),
                version(call, Hypercall.SYSCTL, SysctlOp.PHYSINFO.number()));
    }

    private static OptionalInt version(XenCall call, Hypercall hypercall, int harmless) {
        return IntStream.rangeClosed(FIRST, LAST)
                .filter(version -> isRight(call, hypercall, harmless, version))
                .findFirst();
    }

    private static boolean isRight(XenCall call, Hypercall hypercall, int harmless, int version) {
        try (HypercallBuffer buffer = call.allocBuffer(ARGUMENT_BYTES)) {
            ByteBuffer header = buffer.bytes().order(ByteOrder.LITTLE_ENDIAN);
            header.putInt(0, harmless).putInt(VERSION_OFFSET, version);
            call.call(hypercall.number(), buffer.address());
            return true;
        } catch (XenLibException e) {
            if (e.errno().equals(Errno.EPERM)) {
                throw new XenAccessException(
                        "Xen refuses this domain what only its control domain may do: run in dom0", e);
            }
            return !e.errno().equals(Errno.EACCES);
        }
    }

    @Override
    public String toString() {
        return "domctl " + text(domctl) + ", sysctl " + text(sysctl);
    }

    private static String text(OptionalInt version) {
        return version.isPresent() ? "0x" + Integer.toHexString(version.getAsInt()) : "unknown";
    }
}
