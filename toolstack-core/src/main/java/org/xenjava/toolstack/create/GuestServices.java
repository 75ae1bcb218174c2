// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create;

import java.util.Set;
import java.util.function.Supplier;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.operation.Cancellation;

/**
 * What a host has for guests beside Xen.
 *
 * @param deviceModel plays the devices of HVM guests
 * @param firmware where the programs come from that HVM guests start with
 * @param devices attaches disks and network cards
 */
public record GuestServices(DeviceModel deviceModel, FirmwareSource firmware, PvDevices devices) {

    /** A host that refuses HVM guests and devices; those of domains that others have built are left to them. */
    public static GuestServices none() {
        return new GuestServices(new NoDeviceModel(), new StandInFirmware(), new NoDevices());
    }

    /** A host on which guests are planned and not built: it takes everything on. */
    static GuestServices imagined() {
        return new GuestServices(new AnyDeviceModel(), new StandInFirmware(), new AnyDevices());
    }

    /** The same host with something that plays devices. */
    public GuestServices with(DeviceModel newDeviceModel) {
        return new GuestServices(newDeviceModel, firmware, devices);
    }

    /** The same host with firmware for guests that run; without it, programs that do nothing stand in. */
    public GuestServices with(FirmwareSource newFirmware) {
        return new GuestServices(deviceModel, newFirmware, devices);
    }

    /** The same host with something that attaches disks and network cards. */
    public GuestServices with(PvDevices newDevices) {
        return new GuestServices(deviceModel, firmware, newDevices);
    }

    private static class NoDeviceModel implements DeviceModel {
        @Override
        public void check(DomainConfig config) {
            throw new ConfigException("domain " + config.name() + ": type="
                    + config.type().word() + ": this host has no device model; only pvh is possible");
        }

        @Override
        public void start(Guest guest) {
            check(guest.config());
        }

        @Override
        public void awaitReady(Guest guest, Cancellation cancellation) {
            check(guest.config());
        }

        @Override
        public void stop(int domid) {
            // Whoever built the domain knows what plays its devices.
        }

        @Override
        public void reapOrphans(Supplier<Set<Integer>> domids) {
            // None was ever started.
        }
    }

    private static final class AnyDeviceModel extends NoDeviceModel {
        @Override
        public void check(DomainConfig config) {
            // Whoever builds the guest will see.
        }
    }

    private static class NoDevices implements PvDevices {
        /** A guest must not start without its disk unnoticed. */
        @Override
        public void check(DomainConfig config) {
            if (!config.disks().isEmpty() || !config.nics().isEmpty()) {
                throw new ConfigException("domain " + config.name()
                        + ": disks and network cards are not attached here; leave 'disk' and 'vif' out");
            }
        }

        @Override
        public boolean needsDeviceModel(DomainConfig config) {
            return false;
        }

        @Override
        public void attachDisks(Guest guest, Cancellation cancellation) {
            check(guest.config());
        }

        @Override
        public void awaitDeviceModelsDisks(Guest guest, Cancellation cancellation) {
            check(guest.config());
        }

        @Override
        public void attachNics(Guest guest, Cancellation cancellation) {
            check(guest.config());
        }

        @Override
        public void detachAll(int domid) {
            // Whoever built the domain knows what it has attached.
        }
    }

    private static final class AnyDevices extends NoDevices {
        @Override
        public void check(DomainConfig config) {
            // Whoever builds the guest will see.
        }
    }
}
