// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.hypercall;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.xenjava.toolstack.sim.machine.Machine;
import org.xenjava.toolstack.sim.machine.SecurityModule;
import org.xenjava.toolstack.sim.memory.XenRefusal;
import org.xenjava.toolstack.xenctrl.abi.FlaskOp;
import org.xenjava.toolstack.xenctrl.abi.StructLayout;
import org.xenjava.toolstack.xenctrl.abi.StructView;
import org.xenjava.toolstack.xenctrl.lib.Errno;

/** {@code xsm_op} of Flask, called by dom0; ENOSYS without Flask, as Debian's Xen answers. */
final class FlaskOps {
    private final Machine machine;
    private final StructLayout layout;

    FlaskOps(Machine machine) {
        this.machine = machine;
        this.layout = machine.abi().struct("xen_flask_op");
    }

    long call(CallerMemory caller, long address) {
        SecurityModule flask = machine.security().orElseThrow(() -> new XenRefusal(Errno.ENOSYS));
        byte[] bytes = caller.read(address, layout.size());
        StructView header = layout.at(ByteBuffer.wrap(bytes), 0);
        if (header.get("interface_version") != machine.abi().constant("XEN_FLASK_INTERFACE_VERSION")) {
            throw new XenRefusal(Errno.ENOSYS);
        }
        FlaskOp op = Arrays.stream(FlaskOp.values())
                .filter(known -> known.number() == header.getInt("cmd"))
                .findFirst()
                .orElseThrow(() -> new XenRefusal(Errno.ENOSYS));
        long result =
                switch (op) {
                    case GETENFORCE -> flask.isEnforcing() ? 1 : 0;
                    case SETENFORCE -> {
                        if (body(bytes, op).get("enforcing") == 0) {
                            flask.permit();
                        } else {
                            flask.enforce();
                        }
                        yield 0;
                    }
                    case LOAD -> load(caller, body(bytes, op));
                    case CONTEXT_TO_SID -> sid(caller, body(bytes, op));
                    case SID_TO_CONTEXT -> label(caller, body(bytes, op));
                };
        caller.write(address, bytes);
        return result;
    }

    private StructView body(byte[] bytes, FlaskOp op) {
        return machine.abi().struct(op.struct()).at(ByteBuffer.wrap(bytes), FlaskOp.UNION_OFFSET);
    }

    private static long load(CallerMemory caller, StructView arg) {
        if (arg.get("size") < Integer.BYTES) {
            throw new XenRefusal(Errno.EINVAL);
        }
        ByteBuffer start =
                ByteBuffer.wrap(caller.read(arg.get("buffer"), Integer.BYTES)).order(ByteOrder.LITTLE_ENDIAN);
        if (!SecurityModule.isPolicy(start.getInt())) {
            throw new XenRefusal(Errno.EINVAL);
        }
        return 0;
    }

    private static long sid(CallerMemory caller, StructView arg) {
        byte[] label = caller.read(arg.get("context"), arg.getInt("size"));
        int sid = SecurityModule.sid(new String(label, StandardCharsets.US_ASCII));
        if (sid == SecurityModule.NO_SID) {
            throw new XenRefusal(Errno.EINVAL);
        }
        arg.set("sid", sid);
        return 0;
    }

    private static long label(CallerMemory caller, StructView arg) {
        byte[] label = (SecurityModule.label(arg.get("sid")) + "\0").getBytes(StandardCharsets.US_ASCII);
        if (label.length == 1 || label.length > arg.get("size")) {
            throw new XenRefusal(label.length == 1 ? Errno.EINVAL : Errno.ERANGE);
        }
        caller.write(arg.get("context"), label);
        arg.set("size", label.length);
        return 0;
    }
}
