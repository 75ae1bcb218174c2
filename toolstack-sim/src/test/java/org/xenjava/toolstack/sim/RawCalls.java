// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim;

import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.function.Consumer;
import org.xenjava.toolstack.xenctrl.abi.DomctlOp;
import org.xenjava.toolstack.xenctrl.abi.Hypercall;
import org.xenjava.toolstack.xenctrl.abi.MemoryOp;
import org.xenjava.toolstack.xenctrl.abi.StructView;
import org.xenjava.toolstack.xenctrl.abi.SysctlOp;
import org.xenjava.toolstack.xenctrl.abi.XenAbi;
import org.xenjava.toolstack.xenctrl.abi.XenRelease;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.HypercallBuffer;
import org.xenjava.toolstack.xenctrl.lib.XenCall;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;

/** Hypercalls as bytes that the typed layer would never send. */
final class RawCalls {
    final XenAbi abi = XenAbi.of(XenRelease.V4_17).orElseThrow();
    final XenCall calls;

    RawCalls(XenCall calls) {
        this.calls = calls;
    }

    /** Issues a domctl and passes its returned body to {@code read}. */
    void domctl(DomctlOp op, int domid, Consumer<StructView> fill, Consumer<StructView> read) {
        domctl(op.number(), domid, abi.constant("XEN_DOMCTL_INTERFACE_VERSION"), op.struct(), fill, read);
    }

    void domctl(DomctlOp op, int domid, Consumer<StructView> fill) {
        domctl(op, domid, fill, body -> {});
    }

    void domctl(int op, int domid, long version, String struct, Consumer<StructView> fill, Consumer<StructView> read) {
        try (HypercallBuffer buffer = calls.allocBuffer(144)) {
            StructView header = abi.struct("xen_domctl").at(buffer.bytes(), 0);
            header.set("cmd", op).set("interface_version", version).set("domain", domid);
            StructView body = struct.isEmpty() ? header : abi.struct(struct).at(buffer.bytes(), DomctlOp.UNION_OFFSET);
            fill.accept(body);
            calls.call(Hypercall.DOMCTL.number(), buffer.address());
            read.accept(body);
        }
    }

    void sysctl(int op, long version, String struct, Consumer<StructView> fill, Consumer<StructView> read) {
        try (HypercallBuffer buffer = calls.allocBuffer(136)) {
            abi.struct("xen_sysctl").at(buffer.bytes(), 0).set("cmd", op).set("interface_version", version);
            StructView body = abi.struct(struct).at(buffer.bytes(), SysctlOp.UNION_OFFSET);
            fill.accept(body);
            calls.call(Hypercall.SYSCTL.number(), buffer.address());
            read.accept(body);
        }
    }

    int memoryOp(MemoryOp op, Consumer<StructView> fill) {
        try (HypercallBuffer buffer = calls.allocBuffer(64)) {
            fill.accept(abi.struct(op.struct()).at(buffer.bytes(), 0));
            return calls.call(Hypercall.MEMORY_OP.number(), op.number(), buffer.address());
        }
    }

    /** Sub-commands of memory_op that take a bare domid. */
    int memoryOp(int subcommand, int domid) {
        try (HypercallBuffer buffer = calls.allocBuffer(2)) {
            buffer.bytes().putShort((short) domid);
            return calls.call(Hypercall.MEMORY_OP.number(), subcommand, buffer.address());
        }
    }

    static Errno refusal(Runnable call) {
        return assertThrows(XenLibException.class, call::run).errno();
    }
}
