// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.dom0;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import org.xenjava.toolstack.sim.machine.EventChannels;
import org.xenjava.toolstack.sim.machine.EventChannels.Channel;
import org.xenjava.toolstack.sim.machine.EventChannels.State;
import org.xenjava.toolstack.sim.machine.Machine;
import org.xenjava.toolstack.sim.machine.XenDomain;
import org.xenjava.toolstack.sim.memory.XenRefusal;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.XenEventChannels;

/** libxenevtchn of one process: the ends of event channels that it has opened. */
final class EventChannelHandle implements XenEventChannels {
    private final Machine machine;
    private final MachineEntry entry;
    private final Condition fired;
    private final Set<Integer> own = new HashSet<>();
    private final Set<Integer> masked = new HashSet<>();
    private final Deque<Integer> pending = new ArrayDeque<>();
    private boolean closed;

    EventChannelHandle(MachineEntry entry) {
        this.entry = entry;
        this.machine = entry.machine();
        this.fired = machine.lock().newCondition();
    }

    @Override
    public int bindUnboundPort(int domid) {
        return entry.call("xenevtchn_bind_unbound_port", () -> open(State.UNBOUND, domid, 0));
    }

    @Override
    public int bindInterdomain(int domid, int remotePort) {
        return entry.call("xenevtchn_bind_interdomain", () -> {
            XenDomain remote = machine.require(domid);
            int port = open(State.INTERDOMAIN, domid, remotePort);
            try {
                remote.eventChannels().bind(remotePort, 0, port);
            } catch (XenRefusal refusal) {
                forget(port);
                throw refusal;
            }
            return port;
        });
    }

    @Override
    public int bindVirq(int virq) {
        return entry.call("xenevtchn_bind_virq", () -> open(State.VIRQ, 0, virq));
    }

    private int open(State state, int remoteDomid, int remotePort) {
        EventChannels channels = machine.require(0).eventChannels();
        int port = channels.allocate(new Channel(state, remoteDomid, remotePort, () -> {}));
        channels.onEvent(port, () -> arrived(port));
        own.add(port);
        return port;
    }

    private void arrived(int port) {
        if (!pending.contains(port)) {
            pending.add(port);
            fired.signalAll();
        }
    }

    @Override
    public void unbind(int port) {
        entry.run("xenevtchn_unbind", () -> {
            requireOwn(port);
            machine.closePort(machine.require(0), port);
            forget(port);
        });
    }

    private void forget(int port) {
        machine.require(0).eventChannels().close(port);
        own.remove(port);
        masked.remove(port);
        pending.remove(port);
    }

    @Override
    public void notify(int port) {
        entry.run("xenevtchn_notify", () -> {
            requireOwn(port);
            machine.notifyPort(machine.require(0), port);
        });
    }

    @Override
    public int pending() {
        return entry.call("xenevtchn_pending", () -> {
            while (true) {
                if (closed) {
                    throw new XenRefusal(Errno.EBADF);
                }
                for (int port : pending) {
                    if (!masked.contains(port)) {
                        pending.remove(port);
                        masked.add(port);
                        return port;
                    }
                }
                fired.awaitUninterruptibly();
            }
        });
    }

    @Override
    public void unmask(int port) {
        entry.run("xenevtchn_unmask", () -> {
            requireOwn(port);
            masked.remove(port);
            fired.signalAll();
        });
    }

    private void requireOwn(int port) {
        if (!own.contains(port)) {
            throw new XenRefusal(Errno.EINVAL);
        }
    }

    @Override
    public void close() {
        entry.release("xenevtchn_close", () -> {
            closed = true;
            List.copyOf(own).forEach(port -> {
                machine.closePort(machine.require(0), port);
                forget(port);
            });
            fired.signalAll();
        });
    }
}
