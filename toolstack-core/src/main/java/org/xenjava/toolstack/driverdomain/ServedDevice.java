// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.driverdomain;

/**
 * A device of another domain whose back end is in this domain.
 *
 * @param kind xenstore's word for the back end: {@code vif}, {@code vbd} or {@code qdisk}
 * @param domid number of the domain that uses the device
 * @param devid number of the device: for a disk Xen's number, such as 51712; for a card from 0
 * @param status the progress of the device
 */
public record ServedDevice(String kind, int domid, int devid, Status status) {
    /** The progress of a device. */
    public enum Status {
        /** The kernel's back end has not accepted the device yet, or the device is being connected or removed. */
        WAITING,
        /** The device is connected to its disk or bridge. */
        CONNECTED,
        /** The device could not be connected. The node {@code hotplug-error} of its back end has the reason. */
        FAILED
    }
}
