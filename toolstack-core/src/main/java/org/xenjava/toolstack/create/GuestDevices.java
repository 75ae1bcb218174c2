// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create;

import org.xenjava.toolstack.device.DeviceModels;
import org.xenjava.toolstack.device.plan.DevicePlan;
import org.xenjava.toolstack.device.plan.QemuPlan;
import org.xenjava.toolstack.device.pv.PvHost;

/** Executes the plan of a guest's devices, after the introduction to xenstored. */
final class GuestDevices {
    private final GuestBuild guest;
    private final DevicePlan plan;
    private final PvHost devices;
    private final DeviceModels deviceModels;

    GuestDevices(GuestBuild guest, PvHost devices, DeviceModels deviceModels) {
        this.guest = guest;
        this.plan = guest.plan().devices();
        this.devices = devices;
        this.deviceModels = deviceModels;
    }

    void attachDisks() {
        devices.attachDisks(guest.domid(), plan);
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
        QemuPlan qemu = qemu();
        deviceModels.start(guest.domid(), qemu.with(devices.located(guest.domid(), qemu.disks())));
    }

    void awaitDeviceModel() {
        deviceModels.awaitReady(guest.domid(), qemu(), guest.cancellation());
    }

    void stopDeviceModel() {
        deviceModels.stop(guest.domid());
    }

    private QemuPlan qemu() {
        return plan.qemu().orElseThrow();
    }
}
