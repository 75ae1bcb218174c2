// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.save;

import java.util.Arrays;
import java.util.Optional;
import java.util.function.Predicate;
import org.xenjava.toolstack.config.DescribedKey;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.OtherDevice;

/** Parts of a guest that a stream does not have. A guest with one is neither saved, migrated nor restored. */
public enum UnsavablePart {
    /** PCI devices of the host. */
    PCI_DEVICES(
            config -> !config.pciDevices().isEmpty(),
            "has PCI devices of the host, whose state a stream does not have",
            "; detach them first"),
    /** Controllers for USB devices of the host. */
    USB_CONTROLLERS(
            config -> !config.usbDevices().isEmpty(),
            "has USB controllers for devices of the host, whose state a stream does not have",
            "; detach them first"),
    /** I/O ports, memory and interrupts of the host. */
    HARDWARE(
            config -> config.otherDevices().stream().anyMatch(device -> OtherDevice.HARDWARE.contains(device.kind())),
            "has ports, memory or interrupts of the host, whose state a stream does not have",
            ""),
    /** RAM that leaves out memory which the host's firmware reserves for devices. */
    RESERVED_MEMORY(
            config -> config.describedKeys().containsKey(DescribedKey.RDM),
            "has rdm, and a stream does not say which memory its RAM leaves out",
            ""),
    /** Shares of QEMU's 9pfs. */
    SHARES(
            config -> config.otherDevices().stream().anyMatch(device -> device.kind() == OtherDevice.Kind.SHARE),
            "has a 9pfs share, whose driver cannot reconnect",
            ""),
    /** NUMA nodes of the guest. */
    VIRTUAL_NODES(config -> !config.virtualNodes().isEmpty(), "has vnuma, whose nodes a stream does not have", "");

    private final Predicate<DomainConfig> has;
    private final String words;
    private final String remedy;

    UnsavablePart(Predicate<DomainConfig> has, String words, String remedy) {
        this.has = has;
        this.words = words;
        this.remedy = remedy;
    }

    /** {@return the first such part of a guest; empty if there is none} */
    public static Optional<UnsavablePart> of(DomainConfig config) {
        return Arrays.stream(values()).filter(part -> part.has.test(config)).findFirst();
    }

    /** {@return why a domain is not saved or migrated} */
    public String saveRefusal() {
        return "the guest cannot be saved or migrated: it " + words + remedy;
    }

    /** {@return why a stream is not restored} */
    public String restoreRefusal() {
        return "the guest cannot be restored: it " + words;
    }
}
