// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.build;

import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.error.ConfigException;

/**
 * What a host has for guests beside Xen.
 *
 * @param deviceModel plays the devices of HVM guests
 * @param firmware where the files are that HVM guests start with
 * @param devices attaches disks and network cards
 */
public record GuestServices(DeviceModel deviceModel, FirmwareFiles firmware, PvDevices devices) {

    /** A host that refuses HVM guests and devices; those of domains that others have built are left to them. */
    public static GuestServices none() {
        return new GuestServices(new NoDeviceModel(), FirmwareFiles.nowhere(), new NoDevices());
    }

    /** The same host with something that attaches disks and network cards. */
    public GuestServices with(PvDevices newDevices) {
        return new GuestServices(deviceModel, firmware, newDevices);
    }

    private static final class NoDeviceModel implements DeviceModel {
        @Override
        public void check(DomainConfig config) {
            throw new ConfigException("domain " + config.name() + ": type="
                    + config.type().word() + " is not supported yet; only pvh is");
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
    }

    private static final class NoDevices implements PvDevices {
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
        public void attachNics(Guest guest, Cancellation cancellation) {
            check(guest.config());
        }

        @Override
        public void detachAll(int domid) {
            // Whoever built the domain knows what it has attached.
        }
    }
}
