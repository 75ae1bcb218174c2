// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.xenjava.toolstack.device.DeviceModels;
import org.xenjava.toolstack.device.pci.PciHost;
import org.xenjava.toolstack.device.usb.UsbHost;
import org.xenjava.toolstack.progress.Leftover;
import org.xenjava.toolstack.progress.Leftover.Kind;
import org.xenjava.toolstack.room.RoomMaker;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.text.UuidText;
import org.xenjava.toolstack.xenctrl.DomainInfo;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.units.PciAddress;

/**
 * Finds and removes what builds and removals have left that failed or whose process was killed. What another process
 * works on, or may work on, is no leftover. Domains of other toolstacks are left alone.
 */
public final class Cleanup {
    private static final String VM = "/vm/";

    private final Xenctrl xenctrl;
    private final StoreClient store;
    private final BuildJournal builds;
    private final DomainRemoval removal;
    private final SaveJournal saves;
    private final Arrivals arrivals;
    private final DeviceModels deviceModels;
    private final RoomMaker rooms;
    private final PciHost pci;
    private final UsbHost usb;

    /**
     * @param builds records builds under way
     * @param removal removes domains, and records removals under way
     * @param saves records saves under way, and lets their guests run on
     * @param arrivals records guests that arrive from other hosts, and lets them run
     * @param deviceModels finds QEMU processes
     * @param pci takes PCI devices back
     * @param usb takes USB devices back
     * @param rooms gives domain 0 back what was taken from it
     */
    public Cleanup(
            Xenctrl xenctrl,
            StoreClient store,
            BuildJournal builds,
            DomainRemoval removal,
            SaveJournal saves,
            Arrivals arrivals,
            DeviceModels deviceModels,
            RoomMaker rooms,
            PciHost pci,
            UsbHost usb) {
        this.xenctrl = xenctrl;
        this.store = store;
        this.builds = builds;
        this.removal = removal;
        this.saves = saves;
        this.arrivals = arrivals;
        this.deviceModels = deviceModels;
        this.rooms = rooms;
        this.pci = pci;
        this.usb = usb;
    }

    /** {@return what is recorded as unfinished; one request if nothing is} */
    public List<Leftover> recorded() {
        List<String> journals = store.list(BuildJournal.ALL_JOURNALS);
        List<Leftover> found = new ArrayList<>();
        if (journals.contains(BuildJournal.NAME)) {
            builds.unfinished()
                    .forEach(uuid -> found.add(new Leftover(Kind.BUILD, OptionalInt.empty(), Optional.of(uuid))));
        }
        if (journals.contains(DomainJournal.REMOVALS)) {
            found.addAll(of(Kind.REMOVAL, removal.journal().unfinished()));
        }
        if (journals.contains(DomainJournal.SAVES)) {
            found.addAll(of(Kind.SAVE, saves.unfinished()));
        }
        if (journals.contains(DomainJournal.ARRIVALS)) {
            found.addAll(of(Kind.ARRIVAL, arrivals.unfinished()));
        }
        if (journals.contains(PciHost.JOURNAL)) {
            found.addAll(pci(pci.unfinished()));
        }
        if (journals.contains(UsbHost.JOURNAL)) {
            found.addAll(usb(usb.unfinished()));
        }
        if (journals.contains(RoomMaker.NAME) && rooms.isReturnable()) {
            found.add(new Leftover(Kind.ROOM, OptionalInt.of(0), Optional.empty()));
        }
        return List.copyOf(found);
    }

    private static List<Leftover> of(Kind kind, List<DomainJournal.Entry> entries) {
        return entries.stream()
                .map(entry -> new Leftover(kind, OptionalInt.of(entry.domid()), Optional.of(entry.uuid())))
                .toList();
    }

    private static List<Leftover> pci(List<PciAddress> devices) {
        return devices.stream().map(Leftover::ofPci).toList();
    }

    private static List<Leftover> usb(List<String> devices) {
        return devices.stream().map(Leftover::ofUsb).toList();
    }

    /** PCI and USB devices of domains that are gone, unless a change of them is known to be left. */
    private List<Leftover> orphans(List<Leftover> known) {
        return Stream.concat(pci(pci.orphans()).stream(), usb(usb.orphans()).stream())
                .filter(left -> known.stream().noneMatch(left::equals))
                .toList();
    }

    /** {@return QEMU processes of this library whose domain is gone} */
    public List<Leftover> deviceModels() {
        return deviceModels.orphans(this::domids).stream()
                .map(process -> new Leftover(Kind.DEVICE_MODEL, OptionalInt.of(process.domid()), Optional.empty()))
                .toList();
    }

    /** {@return everything that is left} */
    public List<Leftover> all() {
        List<Leftover> recorded = recorded();
        List<Leftover> nodes = nodes().stream()
                .filter(left ->
                        recorded.stream().noneMatch(other -> other.uuid().equals(left.uuid())))
                .toList();
        List<Leftover> known = Stream.of(recorded, nodes, orphans(recorded))
                .flatMap(List::stream)
                .toList();
        return Stream.concat(known.stream(), deviceModels().stream().filter(left -> known.stream()
                        .noneMatch(other -> other.domid().equals(left.domid()))))
                .toList();
    }

    /** Domains of this library that have nodes although Xen does not have them. */
    private List<Leftover> nodes() {
        List<DomainPaths> described = store.list(DomainPaths.LIBXL).stream()
                .map(DomainPaths::named)
                .flatMap(Optional::stream)
                .toList();
        // Listed after the nodes: a domain is in Xen before it has nodes.
        Set<Integer> domids = domids();
        return described.stream()
                .filter(paths -> !domids.contains(paths.domid()))
                .map(this::leftNodes)
                .flatMap(Optional::stream)
                .toList();
    }

    private Optional<Leftover> leftNodes(DomainPaths paths) {
        int domid = paths.domid();
        if (!store.direct().exists(paths.storedConfig())) {
            return Optional.empty();
        }
        return store.read(paths.of("vm"))
                .filter(vm -> vm.startsWith(VM))
                .flatMap(vm -> UuidText.parse(vm.substring(VM.length())))
                .filter(uuid -> !isWorkedOn(domid, uuid))
                .map(uuid -> new Leftover(Kind.NODES, OptionalInt.of(domid), Optional.of(uuid)));
    }

    private boolean isWorkedOn(int domid, UUID uuid) {
        return builds.isWorkedOn(uuid) || removal.journal().isWorkedOn(new DomainJournal.Entry(domid, uuid));
    }

    /** A domain that is dying needs no nodes and no QEMU, and may be dying only because QEMU has its pages mapped. */
    private Set<Integer> domids() {
        return xenctrl.domains().list().stream()
                .filter(info -> !info.dying())
                .map(DomainInfo::domid)
                .collect(Collectors.toSet());
    }

    /** Removes what {@link #all} has found; nothing happens if it is gone. */
    public void remove(Leftover leftover) {
        switch (leftover.kind()) {
            case BUILD -> {
                builds.recover(xenctrl, removal, leftover.uuid().orElseThrow());
                recoverOrphans();
            }
            case REMOVAL, NODES -> {
                removal.removeTwin(
                        leftover.domid().orElseThrow(), leftover.uuid().orElseThrow());
                recoverOrphans();
            }
            case SAVE ->
                saves.recover(new DomainJournal.Entry(
                        leftover.domid().orElseThrow(), leftover.uuid().orElseThrow()));
            case ARRIVAL ->
                arrivals.recover(new DomainJournal.Entry(
                        leftover.domid().orElseThrow(), leftover.uuid().orElseThrow()));
            case ROOM -> rooms.giveBack();
            case PCI_DEVICE -> recover(leftover.device().orElseThrow());
            case USB_DEVICE -> recoverUsb(leftover.usbDevice().orElseThrow());
            case DEVICE_MODEL -> endDeviceModels(leftover.domid().orElseThrow());
        }
    }

    private void recoverOrphans() {
        pci.orphans().forEach(this::recover);
        usb.orphans().forEach(this::recoverUsb);
    }

    private void recoverUsb(String name) {
        usb.holder(name).ifPresent(this::endDeviceModels);
        usb.recover(name);
    }

    /** A QEMU that is left may have the registers of a device mapped. */
    private void recover(PciAddress address) {
        pci.holder(address).ifPresent(this::endDeviceModels);
        pci.recover(address, deviceModels::process);
    }

    /** Ends the QEMU of a domain that is gone. */
    private void endDeviceModels(int domid) {
        deviceModels.orphans(this::domids).stream()
                .filter(process -> process.domid() == domid)
                .forEach(deviceModels::end);
    }
}
