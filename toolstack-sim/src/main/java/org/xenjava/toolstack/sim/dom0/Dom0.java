// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.dom0;

import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import org.xenjava.toolstack.sim.fault.HotplugBehaviour;
import org.xenjava.toolstack.sim.guest.QemuHandle;
import org.xenjava.toolstack.sim.hypercall.Hypercalls;
import org.xenjava.toolstack.sim.machine.DomainListener;
import org.xenjava.toolstack.sim.machine.Machine;
import org.xenjava.toolstack.sim.machine.XenDomain;
import org.xenjava.toolstack.sim.store.StoreConnection;
import org.xenjava.toolstack.sim.store.XenStored;
import org.xenjava.toolstack.xenctrl.lib.ControlDomain;
import org.xenjava.toolstack.xenctrl.lib.DeviceModelProcesses;
import org.xenjava.toolstack.xenctrl.lib.XenHost.HotplugScripts;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;
import org.xenjava.toolstack.xenctrl.lib.XenStore;
import org.xenjava.toolstack.xenctrl.lib.XenStorePermission;

/** The control domain: its kernel, xenstored, xenconsoled, back ends, and processes that open Xen's libraries. */
public final class Dom0 {
    private final MachineEntry entry;
    private final HostKernel kernel;
    private final PciSysfs sysfs;
    private final UsbSysfs usb;
    private final XenStored store;
    private final StoreConnection own;
    private final Hypercalls hypercalls;
    private final QemuPrograms deviceModels;
    private final Dom0Balloon balloon;
    private final SimulatedScripts scripts;

    /**
     * Boots dom0.
     *
     * @param machine the machine to run on
     * @param blockDevices paths of block devices
     * @param bridges names of bridges
     * @param scripts behaviour of the hotplug scripts, by path
     * @param writers the images that QEMUs write
     */
    public Dom0(
            Machine machine,
            Collection<String> blockDevices,
            Collection<String> bridges,
            Map<String, HotplugBehaviour> scripts,
            ImageWriters writers) {
        entry = new MachineEntry(machine);
        kernel = new HostKernel(blockDevices, bridges);
        sysfs = new PciSysfs(machine.pci());
        usb = new UsbSysfs(machine.usb());
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

            @Override
            public void hostStops() {
                deviceModels.hostStops();
                store.end();
            }
        });
        own = store.connectKernel(0);
        writeInitialTree();
        this.scripts = new SimulatedScripts(entry, own, kernel, scripts, 0);
        new ConsoleDaemon(own).start();
        BackendDrivers backends = BackendDrivers.ofDom0(own, kernel);
        deviceModels = new QemuPrograms(entry, own, backends, writers);
        backends.start();
        new Pciback(own).start();
        balloon = new Dom0Balloon(machine, own);
        balloon.start();
    }

    /** dom0's memory and xl's lock. */
    public ControlDomain controlDomain() {
        return balloon;
    }

    /** Sets the memory that dom0's programs use; the caller holds the machine's lock. */
    public void use(long pages) {
        balloon.use(pages);
    }

    /** Writes what is in xenstore after the boot of a machine on which no guest has run. */
    private void writeInitialTree() {
        write("/tool/xenstored", "");
        write("/local/pool/0/name", "Pool-0");
        write("/local/domain/0/domid", "0");
        write("/local/domain/0/name", "Domain-0");
        own.setPermissions(
                XenStore.NO_TRANSACTION, "/local/domain", List.of(new XenStorePermission(0, XenStorePermission.READ)));
    }

    private void write(String path, String value) {
        own.write(XenStore.NO_TRANSACTION, path, value.getBytes(StandardCharsets.UTF_8));
    }

    /** Opens Xen's libraries for one more process. */
    public XenLibraries connect() {
        return new Dom0Process(
                new HypercallHandle(entry, hypercalls),
                new ForeignMemoryHandle(entry),
                new EventChannelHandle(entry),
                new DeviceModelHandle(entry),
                store::connectProcess,
                new KernelHandle(kernel, sysfs, usb, entry));
    }

    /** QEMU on this machine. */
    public DeviceModelProcesses deviceModels() {
        return deviceModels;
    }

    /** The devices that QEMU emulates for a domain; the caller holds the machine's lock. */
    public Optional<QemuHandle> qemu(int domid) {
        return deviceModels.devices(domid).map(devices -> devices);
    }

    /** The hotplug scripts of this machine. */
    public HotplugScripts scripts() {
        return scripts;
    }

    /** The calls of hotplug scripts since the boot; the caller holds the machine's lock. */
    public List<String> scriptCalls() {
        return scripts.calls();
    }

    /** Starts xenstored again without the nodes that it had. */
    public void startXenstoredEmpty() {
        store.startEmpty(this::writeInitialTree);
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
