// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.machine;

import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.xenjava.toolstack.sim.memory.XenRefusal;
import org.xenjava.toolstack.xenctrl.lib.Errno;

/** The event channels of one domain. Port 0 is never used. */
public final class EventChannels {
    /** Status values of {@code EVTCHNOP_status}. */
    public enum State {
        CLOSED,
        UNBOUND,
        INTERDOMAIN,
        PIRQ,
        VIRQ
    }

    /**
     * One port.
     *
     * @param state state of the port
     * @param remoteDomid the domain at the other end
     * @param remotePort the port there, once bound; the number of the VIRQ of a VIRQ port
     * @param upcall called when an event arrives
     */
    public record Channel(State state, int remoteDomid, int remotePort, Runnable upcall) {}

    private final int maxPort;
    private final TreeMap<Integer, Channel> ports = new TreeMap<>();

    EventChannels(int maxPort) {
        this.maxPort = maxPort;
    }

    public int allocate(Channel channel) {
        for (int port = 1; port <= maxPort; port++) {
            if (!ports.containsKey(port)) {
                ports.put(port, channel);
                return port;
            }
        }
        throw new XenRefusal(Errno.ENOSPC);
    }

    public Optional<Channel> find(int port) {
        return Optional.ofNullable(ports.get(port));
    }

    /**
     * Binds a port that is unbound and reserved for that domain.
     *
     * @throws XenRefusal EINVAL if it is not
     */
    public void bind(int port, int remoteDomid, int remotePort) {
        Channel channel = find(port)
                .filter(c -> c.state() == State.UNBOUND && c.remoteDomid() == remoteDomid)
                .orElseThrow(() -> new XenRefusal(Errno.EINVAL));
        ports.put(port, new Channel(State.INTERDOMAIN, remoteDomid, remotePort, channel.upcall()));
    }

    /** Unbinds a port whose other end has closed; it can be bound again. */
    public void unbind(int port) {
        Channel channel = ports.get(port);
        if (channel != null && channel.state() == State.INTERDOMAIN) {
            ports.put(port, new Channel(State.UNBOUND, channel.remoteDomid(), 0, channel.upcall()));
        }
    }

    /** Sets the action that runs when an event arrives. */
    public void onEvent(int port, Runnable upcall) {
        Channel channel = find(port).orElseThrow(() -> new XenRefusal(Errno.EINVAL));
        ports.put(port, new Channel(channel.state(), channel.remoteDomid(), channel.remotePort(), upcall));
    }

    public Optional<Channel> close(int port) {
        return Optional.ofNullable(ports.remove(port));
    }

    public Map<Integer, Channel> all() {
        return Map.copyOf(ports);
    }
}
