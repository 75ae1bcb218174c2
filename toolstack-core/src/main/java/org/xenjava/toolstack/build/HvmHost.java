// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.build;

import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.error.ConfigException;

/**
 * What a host has for HVM guests beside Xen.
 *
 * @param deviceModel plays their devices
 * @param firmware where the files are that they start with
 */
public record HvmHost(DeviceModel deviceModel, FirmwareFiles firmware) {

    /** A host without a device model: HVM guests are refused, and those that others have built are left to them. */
    public static HvmHost none() {
        return new HvmHost(new Refusal(), FirmwareFiles.nowhere());
    }

    private static final class Refusal implements DeviceModel {
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
}
