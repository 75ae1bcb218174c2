// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.pci;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.xenjava.toolstack.device.plan.PvDevice;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.store.StoreTransaction;
import org.xenjava.toolstack.xenctrl.units.PciAddress;

/**
 * The toolstack's nodes of PCI devices, {@code /libxl/pci/SSSS-BB-DD-F}: the driver that a device had before it was kept for
 * guests, its name, the domain that has it, and whether a PV guest has not released it.
 */
final class PciRecords {
    private static final String ROOT = DomainPaths.LIBXL + "/pci";

    /** A node of this library's, which xl ignores. */
    private static final String UNRELEASED = "unreleased";

    private final StoreClient store;

    PciRecords(StoreClient store) {
        this.store = store;
    }

    /** The name of a device's nodes. */
    static String key(PciAddress address) {
        return address.toString().replace(':', '-').replace('.', '-');
    }

    /** The device with nodes of that name; empty if the name is none. */
    static Optional<PciAddress> device(String key) {
        return key.matches("[0-9a-f]{4}-[0-9a-f]{2}-[0-9a-f]{2}-[0-7]")
                ? PciAddress.parse(key.substring(0, 4) + ":" + key.substring(5, 7) + ":" + key.substring(8, 10) + "."
                        + key.substring(11))
                : Optional.empty();
    }

    private static String node(PciAddress address, String name) {
        return ROOT + "/" + key(address) + "/" + name;
    }

    /** The driver that the device had, by the last name of its path. */
    Optional<String> driver(PciAddress address) {
        return store.read(node(address, "driver_path")).map(path -> path.substring(path.lastIndexOf('/') + 1));
    }

    void noteDriver(PciAddress address, String driver) {
        store.direct().write(node(address, "driver_path"), PciKernel.path(driver));
    }

    Optional<String> name(PciAddress address) {
        return store.read(node(address, "name"));
    }

    /** Gives the device a name, or none. */
    void setName(PciAddress address, Optional<String> name) {
        name.ifPresentOrElse(text -> store.direct().write(node(address, "name"), text), () -> store.direct()
                .remove(node(address, "name")));
    }

    /** Forgets all about a device. */
    void forget(PciAddress address) {
        store.inTransaction(transaction -> {
            transaction.removeWithEmptyParents(ROOT + "/" + key(address));
            return address;
        });
    }

    /** The domain that has the device. */
    OptionalInt holder(PciAddress address) {
        return holder(store.direct(), address);
    }

    private static OptionalInt holder(StoreTransaction transaction, PciAddress address) {
        return transaction
                .readLong(node(address, "domid"))
                .map(domid -> OptionalInt.of(Math.toIntExact(domid)))
                .orElse(OptionalInt.empty());
    }

    /** All devices that a domain has. */
    List<PciAddress> heldBy(int domid) {
        return all().stream()
                .filter(address -> holder(address).equals(OptionalInt.of(domid)))
                .toList();
    }

    /** All devices with nodes. */
    List<PciAddress> all() {
        return store.list(ROOT).stream()
                .map(PciRecords::device)
                .flatMap(Optional::stream)
                .sorted()
                .toList();
    }

    /** Writes a holder into the caller's transaction, with a mark at the domain that removals look at. */
    static void claim(StoreTransaction transaction, PciAddress address, int domid) {
        transaction.write(mark(domid), "");
        transaction.write(node(address, "domid"), Integer.toString(domid));
    }

    /** Records the holder of a device that is recorded without one. */
    void adopt(PciAddress address, int domid) {
        store.inTransaction(transaction -> {
            if (claimedBy(transaction, address).isEmpty()) {
                claim(transaction, address, domid);
            }
            return address;
        });
    }

    /** Whether the device has a holder, in the caller's transaction. */
    static OptionalInt claimedBy(StoreTransaction transaction, PciAddress address) {
        return holder(transaction, address);
    }

    /** Records that the device was taken from a PV guest that has not released it. */
    void noteUnreleased(PciAddress address) {
        store.direct().write(node(address, UNRELEASED), "");
    }

    /** Whether a PV guest has not released the device that was taken from it. */
    boolean isUnreleased(PciAddress address) {
        return store.direct().exists(node(address, UNRELEASED));
    }

    /** Removes the holder, and the domain's mark with its last device. */
    void release(int domid, PciAddress address) {
        store.inTransaction(transaction -> {
            if (holder(transaction, address).equals(OptionalInt.of(domid))) {
                transaction.removeAllWithEmptyParents(List.of(node(address, "domid"), node(address, UNRELEASED)));
            }
            return address;
        });
        if (heldBy(domid).isEmpty()) {
            unmark(domid);
        }
    }

    /** Removes the mark of a domain that has no device. */
    void unmark(int domid) {
        store.direct().remove(mark(domid));
    }

    private static String mark(int domid) {
        return new DomainPaths(domid).libxl() + "/device/" + PvDevice.PCI;
    }
}
