// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.progress;

import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import org.xenjava.toolstack.xenctrl.units.PciAddress;

/**
 * A thing that a failed operation, or one whose process was killed, has left on the host.
 *
 * @param kind what it is
 * @param domid the domain's number, if it is known
 * @param uuid the domain's UUID, if it is known
 * @param device address of the PCI device, if it is one
 * @param usbDevice Linux' name of the USB device's place, if it is one
 */
public record Leftover(
        Kind kind, OptionalInt domid, Optional<UUID> uuid, Optional<PciAddress> device, Optional<String> usbDevice) {
    /** Kinds of leftovers. */
    public enum Kind {
        /** A domain that is not completely built, with its nodes and devices. */
        BUILD("unfinished build"),
        /** A domain that is not completely removed, or its nodes and devices. */
        REMOVAL("unfinished removal"),
        /** A guest that was suspended to be saved and does not run. */
        SAVE("unfinished save"),
        /** A guest that has arrived from another host and does not run. */
        ARRIVAL("unfinished arrival"),
        /** Nodes and devices of a domain that Xen does not have any more. */
        NODES("nodes"),
        /** A QEMU whose domain Xen does not have any more. */
        DEVICE_MODEL("device model"),
        /** A PCI device that is neither a domain's nor domain 0's, or whose domain is gone. */
        PCI_DEVICE("PCI device"),
        /** A USB device whose change is not complete, or whose domain is gone. */
        USB_DEVICE("USB device"),
        /** Memory that was taken from domain 0 for guests, and that is free. */
        ROOM("lent memory");

        private final String words;

        Kind(String words) {
            this.words = words;
        }
    }

    /**
     * A leftover of a domain.
     *
     * @param kind what it is
     * @param domid the domain's number, if it is known
     * @param uuid the domain's UUID, if it is known
     */
    public Leftover(Kind kind, OptionalInt domid, Optional<UUID> uuid) {
        this(kind, domid, uuid, Optional.empty(), Optional.empty());
    }

    /**
     * {@return a PCI device}
     *
     * @param address its address
     */
    public static Leftover ofPci(PciAddress address) {
        return new Leftover(
                Kind.PCI_DEVICE, OptionalInt.empty(), Optional.empty(), Optional.of(address), Optional.empty());
    }

    /**
     * {@return a USB device}
     *
     * @param name Linux' name of its place
     */
    public static Leftover ofUsb(String name) {
        return new Leftover(
                Kind.USB_DEVICE, OptionalInt.empty(), Optional.empty(), Optional.empty(), Optional.of(name));
    }

    /** Describes it, as in {@code "unfinished removal of domain 7"}. */
    @Override
    public String toString() {
        if (usbDevice.isPresent()) {
            return kind.words + " " + usbDevice.get();
        }
        if (device.isPresent()) {
            return kind.words + " " + device.get();
        }
        String which = domid.isPresent()
                ? Integer.toString(domid.getAsInt())
                : uuid.map(UUID::toString).orElse("?");
        return kind.words + " of domain " + which;
    }
}
