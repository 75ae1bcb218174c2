// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.dom0;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.xenjava.toolstack.sim.machine.EventChannels;
import org.xenjava.toolstack.sim.machine.Machine;
import org.xenjava.toolstack.sim.machine.XenDomain;
import org.xenjava.toolstack.sim.memory.GfnType;
import org.xenjava.toolstack.sim.memory.XenRefusal;
import org.xenjava.toolstack.sim.store.StoreRefusal;
import org.xenjava.toolstack.sim.store.XenStored;
import org.xenjava.toolstack.xenctrl.abi.StructView;
import org.xenjava.toolstack.xenctrl.lib.Errno;

/**
 * xenstored's connection to a new domain: it maps grant reference 1, regardless of the frame that the toolstack names,
 * and binds the event channel. A toolstack that does not seed the grant table fails here.
 */
final class StoreLink implements XenStored.DomainLink {
    private static final int XENSTORE_REFERENCE = 1;
    private static final int PERMIT_ACCESS = 1;

    private final Machine machine;
    private final Map<Integer, Integer> localPorts = new HashMap<>();

    StoreLink(Machine machine) {
        this.machine = machine;
    }

    @Override
    public void connect(int domid, int port) {
        XenDomain domain =
                machine.find(domid).filter(found -> !found.isDead()).orElseThrow(() -> new StoreRefusal(Errno.ENOENT));
        StructView grant = domain.grants().entry(XENSTORE_REFERENCE);
        boolean granted = (grant.getInt("flags") & PERMIT_ACCESS) != 0
                && grant.getInt("domid") == 0
                && domain.memory().type(grant.get("frame")) == GfnType.RAM;
        if (!granted) {
            throw new StoreRefusal(Errno.EINVAL);
        }
        bind(domain, port);
    }

    @Override
    public void disconnect(int domid) {
        Optional.ofNullable(localPorts.remove(domid)).ifPresent(port -> machine.closePort(machine.require(0), port));
    }

    private void bind(XenDomain domain, int port) {
        try {
            EventChannels dom0 = machine.require(0).eventChannels();
            int local = dom0.allocate(
                    new EventChannels.Channel(EventChannels.State.INTERDOMAIN, domain.domid(), port, () -> {}));
            try {
                domain.eventChannels().bind(port, 0, local);
                localPorts.put(domain.domid(), local);
            } catch (XenRefusal refusal) {
                dom0.close(local);
                throw refusal;
            }
        } catch (XenRefusal refusal) {
            throw new StoreRefusal(refusal.errno());
        }
    }
}
