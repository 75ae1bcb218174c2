// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack;

import java.time.Duration;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.balancer.MemoryRequests;
import org.xenjava.toolstack.context.DomainLocks;
import org.xenjava.toolstack.context.HostContext;
import org.xenjava.toolstack.context.SavedQemu;
import org.xenjava.toolstack.create.Arrivals;
import org.xenjava.toolstack.create.BuildJournal;
import org.xenjava.toolstack.create.DomainBuilder;
import org.xenjava.toolstack.create.DomainRemoval;
import org.xenjava.toolstack.create.SaveJournal;
import org.xenjava.toolstack.create.StoredConfig;
import org.xenjava.toolstack.device.DeviceModels;
import org.xenjava.toolstack.device.EjectWait;
import org.xenjava.toolstack.device.pci.PciHost;
import org.xenjava.toolstack.device.plan.HardwarePlan;
import org.xenjava.toolstack.device.plan.HostInventory;
import org.xenjava.toolstack.device.plan.PvDevice;
import org.xenjava.toolstack.device.pv.HostProbe;
import org.xenjava.toolstack.device.pv.PvHost;
import org.xenjava.toolstack.device.usb.UsbHost;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.error.OperationCancelledException;
import org.xenjava.toolstack.imagefile.ImageFiles;
import org.xenjava.toolstack.operation.OperationGate;
import org.xenjava.toolstack.pod.DebtCover;
import org.xenjava.toolstack.process.ProcessIdentity;
import org.xenjava.toolstack.resize.BootBacking;
import org.xenjava.toolstack.room.RoomMaker;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.store.WatchHub;
import org.xenjava.toolstack.userdata.Userdata;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.lib.XenHost;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;
import org.xenjava.toolstack.xenctrl.lib.jna.JnaAdvisoryLocks;

/** Makes the parts of a toolstack and connects them. */
final class HostWiring {
    private static final Logger LOG = LoggerFactory.getLogger(HostWiring.class);

    private HostWiring() {}

    /** {@return the parts for one host; closing their gate closes them} */
    static HostContext of(XenHost host, ToolstackOptions options) {
        XenLibraries libraries = host.libraries();
        Xenctrl xenctrl = Xenctrl.open(libraries);
        xenctrl.limitation().ifPresent(LOG::warn);
        StoreClient store = new StoreClient(libraries.store());
        WatchHub events = new WatchHub(libraries.store());
        DeviceModels deviceModels = new DeviceModels(store, events, host.deviceModels());
        HostInventory inventory = new HostProbe(
                host,
                xenctrl.abi().release().toString(),
                deviceModels.trials(),
                options.confinement,
                options.hotplug,
                store);
        PciHost pci = new PciHost(
                xenctrl,
                store,
                events,
                libraries.hostDevices(),
                options.processIdentity,
                new EjectWait(options.deviceLimit, HostWiring::pause),
                domid -> hardware(store, domid));
        UsbHost usb = new UsbHost(
                xenctrl,
                store,
                libraries.hostDevices(),
                options.processIdentity,
                new EjectWait(options.deviceLimit, HostWiring::pause),
                deviceModels::visible);
        PvHost devices = new PvHost(
                store,
                events,
                libraries.hostDevices(),
                inventory,
                host.scripts(),
                options.hotplug,
                options.deviceLimit,
                Map.of(PvDevice.PCI, pci::withdrawAll, PvDevice.USB, usb::withdrawAll));
        ProcessIdentity processes = options.processIdentity;
        Userdata userdata = options.libxlDirectory
                .map(directory -> Userdata.in(directory, JnaAdvisoryLocks.open(), HostWiring::pause))
                .orElseGet(Userdata::none);
        DomainRemoval removal = new DomainRemoval(xenctrl, store, devices, pci, deviceModels, processes, userdata);
        BuildJournal builds = new BuildJournal(store, processes);
        boolean shares = options.sharesImages;
        ImageFiles images = shares ? ImageFiles.ofProcess() : new ImageFiles();
        MemoryRequests requests = new MemoryRequests(store, events, processes);
        RoomMaker rooms =
                new RoomMaker(xenctrl, store, host.controlDomain(), options.room, requests, HostWiring::pause);
        DomainBuilder builder = new DomainBuilder(
                xenctrl,
                store,
                builds,
                options.podPolicy,
                images,
                inventory,
                devices,
                deviceModels,
                pci,
                usb,
                options.clock,
                options.random,
                new BootBacking(xenctrl, store, processes, options.backedBoot, HostWiring::pause),
                removal,
                rooms,
                userdata);
        OperationGate gate = new OperationGate(() -> {
            try {
                requests.withdrawAll();
            } finally {
                if (!shares) {
                    images.close();
                }
                libraries.close();
            }
            LOG.debug("toolstack closed");
        });
        return new HostContext(
                xenctrl,
                store,
                events,
                options.podPolicy,
                processes,
                builder,
                builds,
                removal,
                new SaveJournal(
                        xenctrl, store, events, removal, processes, domid -> SavedQemu.of(store, deviceModels, domid)),
                new Arrivals(
                        xenctrl,
                        store,
                        removal,
                        processes,
                        userdata,
                        devices::takeOverDisks,
                        deviceModels::resumeWaiting),
                rooms,
                requests,
                host.controlDomain(),
                new DebtCover(xenctrl, store, processes),
                deviceModels,
                devices,
                pci,
                usb,
                userdata,
                options.clock,
                options.random,
                gate,
                new DomainLocks(gate));
    }

    /** What the configuration of a domain of this library grants beside its PCI devices. */
    private static HardwarePlan hardware(StoreClient store, int domid) {
        try {
            return StoredConfig.read(store.direct(), new DomainPaths(domid).storedConfig())
                    .map(HardwarePlan::of)
                    .orElse(HardwarePlan.NONE);
        } catch (ConfigException e) {
            LOG.warn("what domain {} may use beside its PCI devices is unknown: {}", domid, e.getMessage());
            return HardwarePlan.NONE;
        }
    }

    private static void pause(Duration time) {
        try {
            Thread.sleep(time.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new OperationCancelledException("waiting for host memory, a lock or a guest was interrupted", e);
        }
    }
}
