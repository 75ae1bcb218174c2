// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.hypercall;

import org.xenjava.toolstack.sim.machine.EventChannels.Channel;
import org.xenjava.toolstack.sim.machine.EventChannels.State;
import org.xenjava.toolstack.sim.machine.Machine;
import org.xenjava.toolstack.sim.machine.XenDomain;
import org.xenjava.toolstack.sim.memory.XenRefusal;
import org.xenjava.toolstack.xenctrl.abi.EventChannelOp;
import org.xenjava.toolstack.xenctrl.abi.StructView;
import org.xenjava.toolstack.xenctrl.lib.Errno;

/** {@code event_channel_op}, called by dom0. */
final class EventOps {
    private static final int DOMID_SELF = 0x7FF0;

    private final Machine machine;

    EventOps(Machine machine) {
        this.machine = machine;
    }

    long call(CallerMemory caller, int subcommand, long address) {
        if (subcommand == EventChannelOp.ALLOC_UNBOUND.number()) {
            StructView arg = read(caller, address, EventChannelOp.ALLOC_UNBOUND);
            XenDomain domain = byAnyId(arg.getInt("dom"));
            int remote = arg.getInt("remote_dom") == DOMID_SELF ? 0 : arg.getInt("remote_dom");
            arg.set("port", domain.eventChannels().allocate(new Channel(State.UNBOUND, remote, 0, () -> {})));
            caller.write(address, arg);
        } else if (subcommand == EventChannelOp.STATUS.number()) {
            StructView arg = read(caller, address, EventChannelOp.STATUS);
            describe(byAnyId(arg.getInt("dom")), arg);
            caller.write(address, arg);
        } else if (subcommand == EventChannelOp.CLOSE.number()) {
            machine.closePort(
                    machine.require(0),
                    read(caller, address, EventChannelOp.CLOSE).getInt("port"));
        } else {
            throw new XenRefusal(Errno.ENOSYS);
        }
        return 0;
    }

    private static void describe(XenDomain domain, StructView arg) {
        Channel channel =
                domain.eventChannels().find(arg.getInt("port")).orElse(new Channel(State.CLOSED, 0, 0, () -> {}));
        arg.set("status", channel.state().ordinal()).set("vcpu", 0);
        switch (channel.state()) {
            case UNBOUND -> arg.set("u.unbound.dom", channel.remoteDomid());
            case INTERDOMAIN ->
                arg.set("u.interdomain.dom", channel.remoteDomid()).set("u.interdomain.port", channel.remotePort());
            case VIRQ -> arg.set("u.virq", channel.remotePort());
            default -> {
                // No further fields.
            }
        }
    }

    private XenDomain byAnyId(int domid) {
        return machine.require(domid == DOMID_SELF ? 0 : domid);
    }

    private StructView read(CallerMemory caller, long address, EventChannelOp op) {
        return caller.read(address, machine.abi().struct(op.struct()));
    }
}
