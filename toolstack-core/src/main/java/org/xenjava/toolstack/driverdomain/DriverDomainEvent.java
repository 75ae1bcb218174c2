// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.driverdomain;

/**
 * A change of one device.
 *
 * @param kind the kind of change
 * @param device xenstore's path of the back end below the domain's own nodes, such as {@code backend/vif/3/0}
 * @param detail the reason of a failure, or the script or bridge of a connection; empty if there is nothing to say
 */
public record DriverDomainEvent(Kind kind, String device, String detail) {
    /** The kinds of changes. */
    public enum Kind {
        /** The device was connected. */
        CONNECTED,
        /** The device was connected when the server started, by an earlier one; nothing was run for it. */
        ADOPTED,
        /** The device could not be connected; its node {@code hotplug-error} has the reason. */
        FAILED,
        /** A request to xenstored failed during the work for a device. The server repeats the work. */
        POSTPONED,
        /** The toolstack has detached the device; it was disconnected, and its nodes were removed. */
        REMOVED,
        /** The nodes of the device were removed by somebody else; what it had in this domain was released. */
        RELEASED
    }

    /** {@return the event as a line of text} */
    @Override
    public String toString() {
        String word =
                switch (kind) {
                    case CONNECTED -> "connected";
                    case ADOPTED -> "was connected before";
                    case FAILED -> "not connected";
                    case POSTPONED -> "postponed";
                    case REMOVED -> "removed";
                    case RELEASED -> "gone; released";
                };
        return device + ": " + word + (detail.isEmpty() ? "" : ": " + detail);
    }
}
