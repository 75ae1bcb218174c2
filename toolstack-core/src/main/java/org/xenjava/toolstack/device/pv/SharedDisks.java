// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.pv;

import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.xenjava.toolstack.device.plan.AskedOnce;
import org.xenjava.toolstack.device.plan.DiskIdentity;
import org.xenjava.toolstack.device.plan.DiskPlan;
import org.xenjava.toolstack.device.plan.HostInventory;
import org.xenjava.toolstack.device.plan.PvDevice;
import org.xenjava.toolstack.error.DeviceException;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.store.StoreTransaction;
import org.xenjava.toolstack.xenctrl.lib.HostFile;

/**
 * Prevents that two guests write one disk, or that one writes a disk that another reads: both destroy file systems.
 * Disks are compared by their {@link DiskIdentity}, which is recorded beside the toolstack's copy of a device's
 * nodes. Comparison and record are one transaction, so only one of two concurrent toolstacks succeeds.
 */
final class SharedDisks {
    private static final String IDENTITY = "/xenjava-identity";

    /** The format in front of a path in {@code params}. A path without a format may contain colons. */
    private static final Pattern FORMAT =
            Pattern.compile("(?:(?:phy|file|tap2?|aio|raw|qcow2?|qed|vhd|vpc|vmdk|vdi|cow|sync|ram|tapdisk):)+(/?.*)");

    private static final Pattern PHYSICAL_DEVICE = Pattern.compile("([0-9a-fA-F]{1,8}):([0-9a-fA-F]{1,8})");
    private static final int HEX = 16;

    private final HostInventory host;

    SharedDisks(HostInventory host) {
        this.host = host;
    }

    /**
     * Records a new disk of a domain.
     *
     * @throws DeviceException if another disk has the same blocks and one of the two is writable
     */
    void claim(StoreTransaction transaction, PvDevice device, DiskPlan disk) {
        disk.identity().ifPresent(identity -> {
            requireUnshared(transaction, device, disk, identity);
            transaction.write(device.libxlPath() + IDENTITY, identity.text());
        });
    }

    private void requireUnshared(StoreTransaction transaction, PvDevice device, DiskPlan disk, DiskIdentity identity) {
        HostInventory askedOnce = new AskedOnce(host);
        String mode = disk.disk().access().word();
        for (PvDevice other : others(transaction, device.server())) {
            boolean written =
                    (mode + transaction.read(other.backPath() + "/mode").orElse("w")).contains("w");
            if (written
                    && identityOf(transaction, other, askedOnce).equals(Optional.of(identity))
                    && !isOfTheSameGuest(transaction, device.domid(), other.domid())) {
                throw new DeviceException("attaching " + device + ": " + disk.path() + " is " + other
                        + " already; only disks that no guest writes can be shared");
            }
        }
    }

    /** Whether a domain is built for a guest that is suspended in the other domain, or runs there until then. */
    private static boolean isOfTheSameGuest(StoreTransaction transaction, int domid, int other) {
        return transaction
                .read(new DomainPaths(domid).arriving())
                .map(uuid -> Optional.of("/vm/" + uuid).equals(transaction.read(new DomainPaths(other).of("vm"))))
                .orElse(false);
    }

    /** All disks that a domain serves, of all domains. */
    private static List<PvDevice> others(StoreTransaction transaction, int server) {
        String root = PvDevice.backendRoot(server);
        return List.of(PvDevice.DISK, PvDevice.QEMU_DISK).stream()
                .flatMap(backend -> numbers(transaction, root + "/" + backend).stream()
                        .flatMap(domid -> numbers(transaction, root + "/" + backend + "/" + domid).stream()
                                .map(devid -> PvDevice.ofBackend(backend, domid, devid, server))))
                .toList();
    }

    private static List<Integer> numbers(StoreTransaction transaction, String path) {
        return transaction.list(path).stream()
                .filter(name -> name.matches("\\d{1,9}"))
                .map(Integer::valueOf)
                .toList();
    }

    private static Optional<DiskIdentity> identityOf(
            StoreTransaction transaction, PvDevice device, HostInventory host) {
        return transaction
                .read(device.libxlPath() + IDENTITY)
                .map(DiskIdentity::new)
                .or(() -> foreignIdentity(transaction, device, host));
    }

    /** The identity of a disk that another toolstack has attached. */
    private static Optional<DiskIdentity> foreignIdentity(
            StoreTransaction transaction, PvDevice device, HostInventory host) {
        if (!device.isLocal()) {
            return transaction
                    .read(device.libxlPath() + "/params")
                    .map(params -> DiskIdentity.ofServer(device.server(), params));
        }
        Matcher numbers = PHYSICAL_DEVICE.matcher(
                transaction.read(device.backPath() + "/physical-device").orElse(""));
        if (numbers.matches()) {
            return Optional.of(DiskIdentity.of(
                    new HostFile.BlockDevice(
                            Integer.parseUnsignedInt(numbers.group(1), HEX),
                            Integer.parseUnsignedInt(numbers.group(2), HEX)),
                    host));
        }
        return transaction
                .read(device.backPath() + "/params")
                .map(SharedDisks::pathIn)
                .filter(path -> !path.isEmpty())
                .map(path -> DiskIdentity.of(path, host));
    }

    /** The path in {@code params}: behind the format, and below {@code /dev} if it is relative. */
    static String pathIn(String params) {
        Matcher format = FORMAT.matcher(params);
        String path = !params.startsWith("/") && format.matches() ? format.group(1) : params;
        return path.isEmpty() || path.startsWith("/") ? path : "/dev/" + path;
    }
}
