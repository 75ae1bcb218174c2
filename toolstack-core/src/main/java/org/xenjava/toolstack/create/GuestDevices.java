// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create;

import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.DomainType;

/** What a build does about devices, once xenstored knows the domain: its device model, disks and network cards. */
final class GuestDevices {
    private final GuestBuild guest;
    private final GuestServices services;

    GuestDevices(GuestBuild guest, GuestServices services) {
        this.guest = guest;
        this.services = services;
    }

    boolean hasDisks() {
        return !config().disks().isEmpty();
    }

    boolean hasNics() {
        return !config().nics().isEmpty();
    }

    boolean needDeviceModel() {
        return config().type() == DomainType.HVM || services.devices().needsDeviceModel(config());
    }

    void attachDisks() {
        services.devices().attachDisks(attached(), guest.cancellation());
    }

    void awaitDeviceModelsDisks() {
        services.devices().awaitDeviceModelsDisks(attached(), guest.cancellation());
    }

    void attachNics() {
        services.devices().attachNics(attached(), guest.cancellation());
    }

    void detachAll() {
        services.devices().detachAll(guest.domid());
    }

    void startDeviceModel() {
        services.deviceModel().start(served());
    }

    void awaitDeviceModel() {
        services.deviceModel().awaitReady(served(), guest.cancellation());
    }

    void stopDeviceModel() {
        services.deviceModel().stop(guest.domid());
    }

    private DomainConfig config() {
        return guest.plan().config();
    }

    private PvDevices.Guest attached() {
        return new PvDevices.Guest(guest.domid(), config());
    }

    private DeviceModel.Guest served() {
        return new DeviceModel.Guest(
                guest.domid(), guest.uuid(), config(), guest.plan().memory());
    }
}
