// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.dom0;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import org.xenjava.toolstack.sim.fault.HotplugBehaviour;
import org.xenjava.toolstack.sim.machine.DomainListener;
import org.xenjava.toolstack.sim.machine.Machine;
import org.xenjava.toolstack.sim.machine.PciBus;
import org.xenjava.toolstack.sim.machine.UsbBuses;
import org.xenjava.toolstack.sim.machine.XenDomain;
import org.xenjava.toolstack.sim.store.StoreConnection;
import org.xenjava.toolstack.sim.store.XenStored;
import org.xenjava.toolstack.xenctrl.lib.XenHost.HotplugScripts;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;

/**
 * The kernel of a driver domain with blkback and netback, and the processes in that domain. xenstored gives each of them
 * the rights of the domain. All ends with the domain.
 */
public final class ServingDomain {
    private final MachineEntry entry;
    private final XenStored store;
    private final int domid;
    private final HostKernel kernel;
    private final SimulatedScripts scripts;
    private final List<StoreConnection> connections = new ArrayList<>();

    /**
     * Starts the kernel's back ends.
     *
     * @param machine the machine
     * @param store its xenstored
     * @param domid number of the domain
     * @param blockDevices paths of its block devices
     * @param bridges names of its bridges
     * @param scripts behaviour of its hotplug scripts, by path
     */
    public ServingDomain(
            Machine machine,
            XenStored store,
            int domid,
            Collection<String> blockDevices,
            Collection<String> bridges,
            Map<String, HotplugBehaviour> scripts) {
        this.entry = new MachineEntry(machine);
        this.store = store;
        this.domid = domid;
        kernel = new HostKernel(blockDevices, bridges);
        this.scripts = new SimulatedScripts(entry, connection(), kernel, scripts, domid);
        BackendDrivers.ofDriverDomain(connection(), kernel, domid).start();
        machine.addListener(new DomainListener() {
            @Override
            public void wasDestroyed(XenDomain domain) {
                if (domain.domid() == domid) {
                    connections.forEach(StoreConnection::close);
                }
            }
        });
    }

    private StoreConnection connection() {
        StoreConnection connection = store.connectKernel(domid);
        connections.add(connection);
        return connection;
    }

    /** Opens the libraries for one more process of the domain, which can make no hypercalls. */
    public XenLibraries connect() {
        return new DriverDomainProcess(
                connection(),
                new KernelHandle(
                        kernel,
                        new PciSysfs(new PciBus(false, List.of())),
                        new UsbSysfs(new UsbBuses(List.of())),
                        entry));
    }

    /** The hotplug scripts of the domain. */
    public HotplugScripts scripts() {
        return scripts;
    }

    /** The calls of hotplug scripts so far; the caller holds the machine's lock. */
    public List<String> scriptCalls() {
        return scripts.calls();
    }

    /** The network interfaces of the domain; the caller holds the machine's lock. */
    public SortedMap<String, NetworkInterface> networkInterfaces() {
        return kernel.links();
    }

    /** The files of the domain's loop devices, by number; the caller holds the machine's lock. */
    public SortedMap<Integer, String> loops() {
        return kernel.loops();
    }
}
