// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.dom0;

import org.xenjava.toolstack.sim.hypercall.CallerMemory;
import org.xenjava.toolstack.sim.hypercall.Hypercalls;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.HypercallBuffer;
import org.xenjava.toolstack.xenctrl.lib.XenCall;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;

/** libxencall of one process. */
final class HypercallHandle implements XenCall {
    private final MachineEntry entry;
    private final Hypercalls hypercalls;
    private final CallerMemory memory = new CallerMemory();

    HypercallHandle(MachineEntry entry, Hypercalls hypercalls) {
        this.entry = entry;
        this.hypercalls = hypercalls;
    }

    @Override
    public int call(int op, long... args) {
        String function = "xencall" + args.length + "(" + op + ")";
        // The privcmd driver returns an int, on real Xen too.
        return (int) (long) entry.call(function, () -> hypercalls.call(memory, op, args));
    }

    @Override
    public HypercallBuffer allocBuffer(int bytes) {
        if (bytes < 1) {
            throw new XenLibException("xencall_alloc_buffer_pages", Errno.EINVAL);
        }
        return memory.allocate(bytes);
    }

    @Override
    public void close() {
        memory.freeAll();
    }
}
