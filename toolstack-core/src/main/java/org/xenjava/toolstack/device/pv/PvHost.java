// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.pv;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.xenjava.toolstack.config.DiskConfig;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.config.NicConfig;
import org.xenjava.toolstack.config.NicConfig.Type;
import org.xenjava.toolstack.create.PvDevices;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.error.DeviceException;
import org.xenjava.toolstack.error.translation.XenFailures;
import org.xenjava.toolstack.operation.Cancellation;
import org.xenjava.toolstack.operation.Undo;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.store.WatchHub;
import org.xenjava.toolstack.xenctrl.lib.HostDevices;

/**
 * Disks and network cards of the domains of one host: at their build, while they run, and at their end. Safe to use
 * from many threads, each with domains of its own.
 */
public final class PvHost implements PvDevices {
    /** How long libxl waits for a back end, and for a guest to give a device back. */
    public static final Duration LIBXL_LIMIT = Duration.ofSeconds(10);

    private final DeviceTree tree;
    private final BackendStates states;
    private final DiskAttachment diskAttachment;
    private final NicAttachment nicAttachment;
    private final Detachment detachment;
    private final DeviceList list;

    /** @param limit how long to wait for a back end or a guest, each time; {@link #LIBXL_LIMIT} for libxl's */
    public PvHost(StoreClient store, WatchHub events, HostDevices host, Duration limit) {
        tree = new DeviceTree(store);
        states = new BackendStates(store, events, limit);
        LoopDevices loops = new LoopDevices(host, store);
        diskAttachment = new DiskAttachment(host, tree, states, loops);
        nicAttachment = new NicAttachment(host, tree, states);
        detachment = new Detachment(store, tree, states, loops);
        list = new DeviceList(store, tree, states);
    }

    // ---- builds -------------------------------------------------------------------------------------------

    @Override
    public void check(DomainConfig config) {
        try {
            XenFailures.translating("building domain " + config.name(), () -> {
                config.disks().forEach(disk -> diskAttachment.backendOf(disk, config.type()));
                config.nics().forEach(nicAttachment::check);
            });
        } catch (ConfigException e) {
            throw new ConfigException("domain " + config.name() + ": " + e.getMessage(), e);
        }
    }

    @Override
    public boolean needsDeviceModel(DomainConfig config) {
        return XenFailures.translating("building domain " + config.name(), () -> config.disks().stream()
                .anyMatch(disk -> diskAttachment.backendOf(disk, config.type()) == DiskBackend.QEMU));
    }

    @Override
    public void attachDisks(Guest guest, Cancellation cancellation) {
        DomainConfig config = guest.config();
        config.disks()
                .forEach(disk -> diskAttachment.attach(guest.domid(), config.type(), disk, () -> {}, cancellation));
    }

    @Override
    public void awaitDeviceModelsDisks(Guest guest, Cancellation cancellation) {
        DomainConfig config = guest.config();
        config.disks().stream()
                .filter(disk -> !disk.isEmptyDrive())
                .filter(disk -> diskAttachment.backendOf(disk, config.type()) == DiskBackend.QEMU)
                .map(disk -> new PvDevice(PvDevice.DISK, DiskBackend.QEMU.kind(), guest.domid(), disk.number()))
                .forEach(device -> states.awaitProbed(device, () -> true, cancellation));
    }

    @Override
    public void attachNics(Guest guest, Cancellation cancellation) {
        DomainConfig config = guest.config();
        for (int devid = 0; devid < config.nics().size(); devid++) {
            NicConfig nic = config.nics().get(devid);
            nicAttachment.attach(card(guest.domid(), devid), nic, nic.typeIn(config.type()), () -> {}, cancellation);
        }
    }

    @Override
    public void detachAll(int domid) {
        detachment.detachByForce(tree.devices(domid));
    }

    // ---- domains that exist -------------------------------------------------------------------------------

    /** What would serve that disk in such a guest. */
    public DiskBackend backendOf(DiskConfig disk, DomainType guest) {
        return diskAttachment.backendOf(disk, guest);
    }

    /**
     * Gives a domain one more disk. When it fails, nothing is left of it.
     *
     * @throws ConfigException if the host cannot serve it
     * @throws DeviceException if the domain has it already, or its back end does not take it
     */
    public void attach(int domid, DomainType guest, DiskConfig disk) {
        PvDevice device = new PvDevice(PvDevice.DISK, backendOf(disk, guest).kind(), domid, disk.number());
        orNothing(device, begun -> diskAttachment.attach(domid, guest, disk, begun, new Cancellation()));
    }

    /**
     * Gives a domain one more network card, which has no emulated twin. When it fails, nothing is left of it.
     *
     * @param nic has an address
     * @return its number among the domain's cards: the first above all that it has
     * @throws ConfigException if the host cannot connect it
     * @throws DeviceException if its back end does not take it
     */
    public int attach(int domid, NicConfig nic) {
        nicAttachment.check(nic);
        if (nic.type().equals(Optional.of(Type.IOEMU))) {
            throw new ConfigException("vif: only the build of an HVM guest gives it an emulated card: type=vif");
        }
        int devid = tree.devices(domid, PvDevice.CARD).stream()
                        .mapToInt(PvDevice::devid)
                        .max()
                        .orElse(-1)
                + 1;
        PvDevice device = card(domid, devid);
        orNothing(device, begun -> nicAttachment.attach(device, nic, Type.VIF, begun, new Cancellation()));
        return devid;
    }

    /**
     * Takes a disk from a domain; nothing happens if it has none there.
     *
     * @param number Xen's number of it
     * @throws DeviceException if the guest keeps it and may
     */
    public void detachDisk(int domid, int number, DetachMode mode) {
        tree.find(domid, PvDevice.DISK, number).ifPresent(device -> detachment.detach(device, mode));
    }

    /** The same with a network card. */
    public void detachNic(int domid, int devid, DetachMode mode) {
        tree.find(domid, PvDevice.CARD, devid).ifPresent(device -> detachment.detach(device, mode));
    }

    /** The domain's disks, by number. */
    public List<AttachedDisk> disks(int domid) {
        return list.disks(domid);
    }

    /** The domain's network cards, by number. */
    public List<AttachedNic> nics(int domid) {
        return list.nics(domid);
    }

    private static PvDevice card(int domid, int devid) {
        return new PvDevice(PvDevice.CARD, PvDevice.CARD, domid, devid);
    }

    private interface Attempt {
        void run(Runnable begun);
    }

    /** Whatever goes wrong once nodes may have been written, they and what stands behind them go again. */
    private void orNothing(PvDevice device, Attempt attempt) {
        boolean[] begun = {false};
        Undo.onFailure(() -> attempt.run(() -> begun[0] = true), () -> {
            if (begun[0]) {
                detachment.detachByForce(List.of(device));
            }
        });
    }
}
