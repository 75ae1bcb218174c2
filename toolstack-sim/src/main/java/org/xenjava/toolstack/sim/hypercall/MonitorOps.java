// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.hypercall;

import java.util.OptionalInt;
import org.xenjava.toolstack.sim.machine.EventChannels;
import org.xenjava.toolstack.sim.machine.Machine;
import org.xenjava.toolstack.sim.machine.XenDomain;
import org.xenjava.toolstack.sim.memory.GfnType;
import org.xenjava.toolstack.sim.memory.XenRefusal;
import org.xenjava.toolstack.xenctrl.abi.DomctlOp;
import org.xenjava.toolstack.xenctrl.abi.HvmParam;
import org.xenjava.toolstack.xenctrl.abi.StructView;
import org.xenjava.toolstack.xenctrl.lib.Errno;

/**
 * {@code XEN_DOMCTL_vm_event_op}: enables and disables the ring of a monitor. The simulation sends no events over it
 * and has no rings for paging and sharing.
 */
final class MonitorOps {
    private final Machine machine;

    MonitorOps(Machine machine) {
        this.machine = machine;
    }

    void call(XenDomain domain, StructView body) {
        if (domain.isDead()) {
            return;
        }
        if (domain.domid() == 0 || domain.vcpus() == 0) {
            throw new XenRefusal(Errno.EINVAL);
        }
        if (body.get("mode") != DomctlOp.VM_EVENT_OP_MONITOR) {
            throw new XenRefusal(Errno.ENOSYS);
        }
        switch (body.getInt("op")) {
            case DomctlOp.VM_EVENT_ENABLE -> body.set("u.enable.port", enable(domain));
            case DomctlOp.VM_EVENT_DISABLE -> {
                machine.closePort(domain, port(domain, Errno.EINVAL));
                domain.setMonitorPort(OptionalInt.empty());
            }
            case DomctlOp.VM_EVENT_RESUME -> port(domain, Errno.ENODEV);
            default -> throw new XenRefusal(Errno.ENOSYS);
        }
    }

    private static int enable(XenDomain domain) {
        if (domain.monitorPort().isPresent()) {
            throw new XenRefusal(Errno.EBUSY);
        }
        long ring = domain.params().get(HvmParam.MONITOR_RING_PFN);
        if (ring == 0) {
            throw new XenRefusal(Errno.EOPNOTSUPP);
        }
        if (domain.memory().type(ring) != GfnType.RAM) {
            throw new XenRefusal(Errno.EINVAL);
        }
        int port =
                domain.eventChannels().allocate(new EventChannels.Channel(EventChannels.State.UNBOUND, 0, 0, () -> {}));
        domain.setMonitorPort(OptionalInt.of(port));
        return port;
    }

    private static int port(XenDomain domain, Errno otherwise) {
        return domain.monitorPort().orElseThrow(() -> new XenRefusal(otherwise));
    }
}
