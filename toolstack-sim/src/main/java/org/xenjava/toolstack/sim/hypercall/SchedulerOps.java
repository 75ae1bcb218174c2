// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.hypercall;

import org.xenjava.toolstack.sim.machine.Machine;
import org.xenjava.toolstack.sim.machine.XenDomain;
import org.xenjava.toolstack.sim.memory.XenRefusal;
import org.xenjava.toolstack.xenctrl.abi.SchedOp;
import org.xenjava.toolstack.xenctrl.abi.StructView;
import org.xenjava.toolstack.xenctrl.lib.Errno;

/** {@code sched_op}, called by dom0. */
final class SchedulerOps {
    private final Machine machine;

    SchedulerOps(Machine machine) {
        this.machine = machine;
    }

    long call(CallerMemory caller, int subcommand, long address) {
        return switch (subcommand) {
            case SchedOp.REMOTE_SHUTDOWN -> remoteShutdown(caller, address);
            case SchedOp.WATCHDOG -> watchdog(caller, address);
            default -> throw new XenRefusal(Errno.ENOSYS);
        };
    }

    private long watchdog(CallerMemory caller, long address) {
        StructView arg = caller.read(address, machine.abi().struct("sched_watchdog"));
        return machine.watchdog().set(arg.get("id"), arg.get("timeout"));
    }

    private long remoteShutdown(CallerMemory caller, long address) {
        StructView arg = caller.read(address, machine.abi().struct("sched_remote_shutdown"));
        XenDomain domain = machine.require(arg.getInt("domain_id"));
        if (domain.domid() == 0) {
            throw new XenRefusal(Errno.EPERM);
        }
        machine.shutDown(domain, arg.getInt("reason") & 0xff);
        return 0;
    }
}
