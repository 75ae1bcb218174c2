// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.hypercall;

import org.xenjava.toolstack.sim.machine.Machine;
import org.xenjava.toolstack.sim.machine.XenDomain;
import org.xenjava.toolstack.sim.memory.XenRefusal;
import org.xenjava.toolstack.xenctrl.abi.HvmParam;
import org.xenjava.toolstack.xenctrl.abi.StructLayout;
import org.xenjava.toolstack.xenctrl.abi.StructView;
import org.xenjava.toolstack.xenctrl.lib.Errno;

/** {@code hvm_op}, called by dom0. */
final class HvmOps {
    private final Machine machine;
    private final StructLayout layout;

    HvmOps(Machine machine) {
        this.machine = machine;
        this.layout = machine.abi().struct("xen_hvm_param");
    }

    long call(CallerMemory caller, int subcommand, long address) {
        if (subcommand != HvmParam.HVMOP_SET_PARAM && subcommand != HvmParam.HVMOP_GET_PARAM) {
            throw new XenRefusal(Errno.ENOSYS);
        }
        StructView arg = caller.read(address, layout);
        XenDomain domain = machine.require(arg.getInt("domid"));
        if (!domain.isHvm()) {
            throw new XenRefusal(Errno.EINVAL);
        }
        if (subcommand == HvmParam.HVMOP_SET_PARAM) {
            domain.params().set(arg.getInt("index"), arg.get("value"));
        } else {
            arg.set("value", domain.params().get(arg.getInt("index")));
            caller.write(address, arg);
        }
        return 0;
    }
}
