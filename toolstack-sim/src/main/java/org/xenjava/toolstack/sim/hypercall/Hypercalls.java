// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.hypercall;

import org.xenjava.toolstack.sim.machine.Machine;
import org.xenjava.toolstack.sim.memory.XenRefusal;
import org.xenjava.toolstack.xenctrl.abi.Hypercall;
import org.xenjava.toolstack.xenctrl.abi.StructLayout;
import org.xenjava.toolstack.xenctrl.abi.StructView;
import org.xenjava.toolstack.xenctrl.lib.Errno;

/** Carries out dom0's hypercalls by number and address, as Xen's entry point does. */
public final class Hypercalls {
    private static final int MULTICALL = 13;
    private static final int MULTICALL_ARGUMENTS = 6;
    private static final int DOMID_OF_MMUEXT = 3;

    private final MemoryOps memoryOps;
    private final PassthroughOps passthrough;
    private final DomainOps domainControl;
    private final HostOps systemControl;
    private final HvmOps hvmOps;
    private final EventOps eventChannelOps;
    private final SchedulerOps schedulerOps;
    private final VersionOps versionOps;
    private final FlaskOps flaskOps;
    private final HypfsOps hypfsOps;
    private final PvOps pvOps;
    private final StructLayout multicallEntry;

    /** Handles the hypercalls of that machine. */
    public Hypercalls(Machine machine) {
        memoryOps = new MemoryOps(machine);
        passthrough = new PassthroughOps(machine);
        domainControl = new DomainOps(machine, passthrough);
        systemControl = new HostOps(machine, domainControl);
        hvmOps = new HvmOps(machine);
        eventChannelOps = new EventOps(machine);
        schedulerOps = new SchedulerOps(machine);
        versionOps = new VersionOps(machine);
        flaskOps = new FlaskOps(machine);
        hypfsOps = new HypfsOps(machine);
        pvOps = new PvOps(machine);
        multicallEntry = machine.abi().struct("multicall_entry");
    }

    /**
     * Carries a hypercall out.
     *
     * @param memory the memory that pointers among the arguments point into
     * @throws XenRefusal with the errno that the call fails with
     */
    public long call(CallerMemory memory, int op, long... args) {
        if (op == MULTICALL) {
            return multicall(memory, argument(args, 0), argument(args, 1));
        }
        long first = argument(args, 0);
        long second = argument(args, 1);
        if (op == Hypercall.MEMORY_OP.number()) {
            return memoryOps.call(memory, (int) first, second);
        } else if (op == Hypercall.DOMCTL.number()) {
            return domainControl.call(memory, first);
        } else if (op == Hypercall.SYSCTL.number()) {
            return systemControl.call(memory, first);
        } else if (op == Hypercall.HVM_OP.number()) {
            return hvmOps.call(memory, (int) first, second);
        } else if (op == Hypercall.EVENT_CHANNEL_OP.number()) {
            return eventChannelOps.call(memory, (int) first, second);
        } else if (op == Hypercall.PHYSDEV_OP.number()) {
            return passthrough.physdev(memory, (int) first, second);
        } else if (op == Hypercall.SCHED_OP.number()) {
            return schedulerOps.call(memory, (int) first, second);
        } else if (op == Hypercall.XEN_VERSION.number()) {
            return versionOps.call(memory, (int) first, second);
        } else if (op == Hypercall.MMUEXT_OP.number()) {
            return pvOps.extended(memory, first, second, (int) argument(args, DOMID_OF_MMUEXT));
        } else if (op == Hypercall.XSM_OP.number()) {
            return flaskOps.call(memory, first);
        } else if (op == Hypercall.HYPFS_OP.number()) {
            return hypfsOps.call(memory, (int) first, second, argument(args, 2), argument(args, 3), argument(args, 4));
        }
        throw new XenRefusal(Errno.ENOSYS);
    }

    private long multicall(CallerMemory memory, long entries, long count) {
        for (long i = 0; i < count; i++) {
            long address = entries + i * multicallEntry.size();
            StructView entry = memory.read(address, multicallEntry);
            long[] args = new long[MULTICALL_ARGUMENTS];
            for (int a = 0; a < args.length; a++) {
                args[a] = entry.get("args", a);
            }
            entry.set("result", resultOf(memory, (int) entry.get("op"), args));
            memory.write(address, entry);
        }
        return 0;
    }

    private long resultOf(CallerMemory memory, int op, long[] args) {
        try {
            return call(memory, op, args);
        } catch (XenRefusal refusal) {
            return -refusal.errno().value();
        }
    }

    private static long argument(long[] args, int index) {
        return index < args.length ? args[index] : 0;
    }
}
