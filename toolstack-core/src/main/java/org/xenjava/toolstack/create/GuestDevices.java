// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create;

import static java.util.Objects.requireNonNull;

import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.xenjava.toolstack.config.DiskConfig;
import org.xenjava.toolstack.device.DeviceModels;
import org.xenjava.toolstack.device.HardwareAccess;
import org.xenjava.toolstack.device.QemuProcess;
import org.xenjava.toolstack.device.pci.PciHost;
import org.xenjava.toolstack.device.plan.DevicePlan;
import org.xenjava.toolstack.device.plan.DiskBackend;
import org.xenjava.toolstack.device.plan.QemuPlan;
import org.xenjava.toolstack.device.pv.PvHost;
import org.xenjava.toolstack.device.usb.UsbHost;
import org.xenjava.toolstack.error.DeviceModelException;
import org.xenjava.toolstack.error.DomainStateException;
import org.xenjava.toolstack.xenctrl.lib.DeviceModelProcess;

/** Executes the plan of a guest's devices, after the introduction to xenstored. */
final class GuestDevices {
    private final GuestBuild guest;
    private final DevicePlan plan;
    private final PvHost devices;
    private final DeviceModels deviceModels;
    private final Optional<Supplier<byte[]>> state;
    private final boolean arriving;
    private @Nullable DeviceModelProcess qemu;
    private final PciHost pci;
    private final UsbHost usb;
    private final HardwareAccess hardware;

    /**
     * @param state the state of the emulated devices, known once the stream was read; empty if they are new
     * @param arriving whether the guest still is elsewhere, with its disks
     */
    GuestDevices(
            GuestBuild guest,
            PvHost devices,
            DeviceModels deviceModels,
            PciHost pci,
            UsbHost usb,
            HardwareAccess hardware,
            Optional<Supplier<byte[]>> state,
            boolean arriving) {
        this.arriving = arriving;
        this.guest = guest;
        this.plan = guest.plan().devices();
        this.devices = devices;
        this.deviceModels = deviceModels;
        this.pci = pci;
        this.state = state;
        this.usb = usb;
        this.hardware = hardware;
    }

    void attachDisks() {
        devices.attachDisks(guest.domid(), plan);
    }

    /**
     * Whether QEMU starts before the memory of a saved guest is read. It waits for the state of its devices, and has opened its
     * disks, which must be there; or it emulates nothing, and opens no disk before the guest is taken over.
     */
    boolean startsDeviceModelEarly() {
        return state.isPresent() ? !hasDisksToAwait() : opensQemuDisksLate();
    }

    /** Whether a QEMU that emulates nothing opens its disks when the guest is taken over: it cannot open them without writing. */
    boolean opensQemuDisksLate() {
        return arriving && state.isEmpty() && plan.qemu().isPresent();
    }

    /** Whether a disk's script, or a driver domain, opens a disk of a saved guest once it does not run. */
    boolean hasDisksToAwait() {
        return plan.disks().stream().anyMatch(disk -> disk.script().isPresent() || !disk.isLocal());
    }

    /**
     * Refuses a guest whose disks the sender's QEMU may still write when the permission comes: that of a PVH guest of xl does.
     *
     * @param attempt the build in messages
     * @param released whether the sender says that its QEMU gives the disks up
     * @throws DomainStateException if QEMU serves a disk of the guest, and the sender does not
     */
    void requireReleased(String attempt, boolean released) {
        boolean written = plan.disks().stream()
                .anyMatch(disk ->
                        disk.backend() == DiskBackend.QEMU && disk.disk().access() != DiskConfig.Access.READ_ONLY);
        if (written && opensQemuDisksLate() && !released) {
            throw new DomainStateException(
                    attempt
                            + ": QEMU serves a disk of the guest, and the sender does not say that its QEMU gives the image up: it uses"
                            + " xl's protocol, or is an older version of this library; save the guest there, and restore it here");
        }
    }

    /** A QEMU that gives up the host's files serves only the disks that are there when it starts. */
    void prepareDisks() {
        devices.prepareDisks(guest.domid(), plan);
        if (opensQemuDisksLate()) {
            devices.prepareQemuDisks(guest.domid(), plan);
        } else if (startsDeviceModelEarly()) {
            devices.attachQemuDisks(guest.domid(), plan);
        }
    }

    void awaitPreparedDisks() {
        devices.awaitPreparedDisks(guest.domid(), plan, guest.cancellation());
    }

    void openDisks() {
        devices.openDisks(guest.domid(), plan);
        if (!startsDeviceModelEarly()) {
            devices.attachQemuDisks(guest.domid(), plan);
        }
    }

    /** Checks that no back end has refused a disk, which it opens on its own. */
    void requireDisks() {
        devices.requireDisks(guest.domid());
    }

    void awaitDisks() {
        devices.awaitDisks(guest.domid(), plan, guest.cancellation());
    }

    void awaitQemuDisks() {
        devices.awaitQemuDisks(guest.domid(), plan, guest.cancellation());
    }

    void attachNics() {
        devices.attachNics(guest.domid(), plan);
    }

    void attachOthers() {
        devices.attachOthers(guest.domid(), plan);
    }

    void grantHardware() {
        hardware.grant(guest.domid(), guest.plan().config().type(), plan.hardware());
    }

    void awaitOthers() {
        devices.awaitOthers(guest.domid(), plan, guest.cancellation());
    }

    void connectNics() {
        devices.connectNics(guest.domid(), plan, guest.cancellation());
    }

    void detachAll() {
        devices.detachAll(guest.domid());
    }

    void startDeviceModel() {
        QemuPlan located =
                planned().with(devices.located(guest.domid(), planned().disks()));
        qemu = state.isPresent()
                ? deviceModels.startWaiting(guest.domid(), located)
                : deviceModels.start(guest.domid(), located);
    }

    void awaitDeviceModel() {
        if (state.isPresent()) {
            qemu = deviceModels.awaitWaiting(requireNonNull(qemu), planned(), guest.cancellation());
        } else {
            deviceModels.awaitReady(requireNonNull(qemu), planned(), guest.cancellation());
        }
    }

    boolean hasDeviceState() {
        return state.isPresent();
    }

    void loadDeviceState() {
        deviceModels.load(requireNonNull(qemu), state.orElseThrow().get());
    }

    void awaitDeviceState() {
        deviceModels.awaitLoaded(requireNonNull(qemu), planned(), guest.cancellation());
    }

    void attachPciDevices() {
        Optional<QemuProcess> running = guest.shell().isPv() ? Optional.empty() : Optional.of(running("PCI"));
        plan.pci().forEach(device -> pci.attachToNew(guest.domid(), device, running));
    }

    private QemuProcess running(String devices) {
        return deviceModels
                .process(guest.domid())
                .orElseThrow(() -> new DeviceModelException(
                        "domain " + guest.domid() + ": its QEMU ended before it got " + devices + " devices"));
    }

    void attachUsbDevices() {
        usb.attach(guest.domid(), plan.usb(), running("USB"));
    }

    /** Lets other guests have the PCI devices of a domain that is gone. */
    void releasePciDevices() {
        if (!plan.pci().isEmpty() && guest.shell().isCreated()) {
            pci.release(guest.domid());
        }
    }

    void stopDeviceModel() {
        deviceModels.stop(guest.domid());
        deviceModels.removeSockets(planned().config());
    }

    private QemuPlan planned() {
        return plan.qemu().orElseThrow();
    }
}
