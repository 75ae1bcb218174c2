// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.usb;

import com.google.common.base.Splitter;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.store.StoreTransaction;
import org.xenjava.toolstack.xenctrl.units.UsbAddress;

/**
 * The records of USB devices of the host that domains have, {@code /tool/xenjava/usb-devices/1-1_2}: the domain, the device's
 * address and identity, and the drivers that it had. libxl keeps only the place of a device, and no drivers.
 */
final class UsbRecords {
    private static final String ROOT = "/tool/xenjava/usb-devices";

    private final StoreClient store;

    UsbRecords(StoreClient store) {
        this.store = store;
    }

    /** The name of a device's node: xenstore's names have no dot. */
    static String node(String name) {
        return name.replace('.', '_');
    }

    /** The device with that node; empty if it is none of a device. */
    static Optional<String> device(String node) {
        return Optional.of(node.replace('_', '.')).filter(name -> name.matches("\\d+-\\d+(\\.\\d+)*"));
    }

    private static String path(String name) {
        return ROOT + "/" + node(name);
    }

    OptionalInt holder(String name) {
        return holder(store.direct(), name);
    }

    static OptionalInt holder(StoreTransaction transaction, String name) {
        return transaction
                .readLong(path(name) + "/domid")
                .map(domid -> OptionalInt.of(Math.toIntExact(domid)))
                .orElse(OptionalInt.empty());
    }

    List<String> all() {
        return store.list(ROOT).stream()
                .map(UsbRecords::device)
                .flatMap(Optional::stream)
                .sorted()
                .toList();
    }

    List<String> heldBy(int domid) {
        return all().stream()
                .filter(name -> holder(name).equals(OptionalInt.of(domid)))
                .toList();
    }

    static void write(
            StoreTransaction transaction,
            String name,
            int domid,
            UsbAddress address,
            String identity,
            Map<String, String> drivers) {
        transaction.write(path(name) + "/address", address.toString());
        transaction.write(path(name) + "/identity", identity);
        transaction.write(path(name) + "/domid", Integer.toString(domid));
        transaction.write(
                path(name) + "/drivers",
                drivers.entrySet().stream()
                        .map(entry -> entry.getKey() + "=" + entry.getValue())
                        .collect(Collectors.joining("\n")));
    }

    /** The address that the device had when it was attached. */
    Optional<UsbAddress> address(String name) {
        return store.read(path(name) + "/address")
                .filter(text -> text.matches("\\d{1,9}:\\d{1,9}"))
                .map(text -> Splitter.on(':').splitToList(text))
                .map(parts -> new UsbAddress(Integer.parseInt(parts.get(0)), Integer.parseInt(parts.get(1))));
    }

    /** The identity of the device when it was attached, see {@link UsbKernel#identity}. */
    Optional<String> identity(String name) {
        return store.read(path(name) + "/identity");
    }

    /** The drivers that the interfaces of a device had. */
    SortedMap<String, String> drivers(String name) {
        return new TreeMap<>(Splitter.on('\n')
                .omitEmptyStrings()
                .withKeyValueSeparator(Splitter.on('=').limit(2))
                .split(store.read(path(name) + "/drivers").orElse("")));
    }

    static void remove(StoreTransaction transaction, String name) {
        transaction.removeAllWithEmptyParents(List.of(path(name)));
    }
}
