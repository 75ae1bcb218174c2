// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.dom0;

import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;
import java.util.SortedMap;
import org.xenjava.toolstack.sim.hypercall.Hypercalls;
import org.xenjava.toolstack.sim.machine.DomainListener;
import org.xenjava.toolstack.sim.machine.Machine;
import org.xenjava.toolstack.sim.machine.XenDomain;
import org.xenjava.toolstack.sim.store.StoreConnection;
import org.xenjava.toolstack.sim.store.XenStored;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;
import org.xenjava.toolstack.xenctrl.lib.XenStore;
import org.xenjava.toolstack.xenctrl.lib.XenStorePermission;

/** The control domain: its kernel, xenstored, xenconsoled, back ends, and processes that open Xen's libraries. */
public final class Dom0 {
    private final MachineEntry entry;
    private final HostKernel kernel;
    private final XenStored store;
    private final Hypercalls hypercalls;

    /**
     * Boots dom0.
     *
     * @param machine the machine to run on
     * @param blockDevices paths of block devices
     * @param bridges names of bridges
     */
    public Dom0(Machine machine, Collection<String> blockDevices, Collection<String> bridges) {
        entry = new MachineEntry(machine);
        kernel = new HostKernel(blockDevices, bridges);
        store = new XenStored(machine.lock(), new StoreLink(machine));
        hypercalls = new Hypercalls(machine);
        machine.addListener(new DomainListener() {
            @Override
            public void hasShutDown(XenDomain domain) {
                store.domainChanged(domain.domid());
            }

            @Override
            public void wasDestroyed(XenDomain domain) {
                store.domainDied(domain.domid());
            }
        });
        StoreConnection own = store.connect(0);
        writeInitialTree(own);
        new ConsoleDaemon(own).start();
        new BackendDrivers(own, kernel).start();
    }

    /** Writes what is in xenstore after the boot of a machine on which no guest has run. */
    private static void writeInitialTree(StoreConnection store) {
        write(store, "/tool/xenstored", "");
        write(store, "/local/pool/0/name", "Pool-0");
        write(store, "/local/domain/0/domid", "0");
        write(store, "/local/domain/0/name", "Domain-0");
        store.setPermissions(
                XenStore.NO_TRANSACTION, "/local/domain", List.of(new XenStorePermission(0, XenStorePermission.READ)));
    }

    private static void write(StoreConnection store, String path, String value) {
        store.write(XenStore.NO_TRANSACTION, path, value.getBytes(StandardCharsets.UTF_8));
    }

    /** Opens Xen's libraries for one more process. */
    public XenLibraries connect() {
        return new Dom0Process(
                new HypercallHandle(entry, hypercalls),
                new ForeignMemoryHandle(entry),
                new EventChannelHandle(entry),
                new DeviceModelHandle(entry),
                store.connect(0),
                new KernelHandle(kernel, entry));
    }

    /** xenstored. */
    public XenStored store() {
        return store;
    }

    /** The network interfaces that drivers have made, by name; the caller holds the machine's lock. */
    public SortedMap<String, NetworkInterface> networkInterfaces() {
        return kernel.links();
    }
}
