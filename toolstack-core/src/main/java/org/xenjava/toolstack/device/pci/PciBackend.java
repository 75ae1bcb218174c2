// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.pci;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.device.EjectWait;
import org.xenjava.toolstack.device.plan.PciPlan;
import org.xenjava.toolstack.device.plan.PvDevice;
import org.xenjava.toolstack.device.view.AttachedPciDevice;
import org.xenjava.toolstack.error.DeviceException;
import org.xenjava.toolstack.error.DomainGoneException;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.store.StoreTransaction;
import org.xenjava.toolstack.store.WatchHub;
import org.xenjava.toolstack.xenctrl.lib.XenStorePermission;
import org.xenjava.toolstack.xenctrl.units.PciAddress;

/**
 * The nodes of the PCI devices of a domain, as libxl_pci.c writes them: one back end with a list of devices, which
 * xen-pciback reads. xen-pciback then lends the devices to the domain.
 */
final class PciBackend {
    private static final XenStorePermission DOM0_OWNS = new XenStorePermission(0, XenStorePermission.NONE);
    private static final XenStorePermission DOM0_READS = new XenStorePermission(0, XenStorePermission.READ);
    static final String INITIALISING = "1";
    static final String INITIALISED = "3";
    static final String CONNECTED = "4";
    static final String CLOSING = "5";
    static final String RECONFIGURING = "7";
    static final String RECONFIGURED = "8";

    /** States of a back end to which no front end has connected. */
    private static final Set<String> UNCONNECTED = Set.of(INITIALISING, "2", INITIALISED);

    /**
     * State of a back end whose front end calls itself closed, and of a device that xen-pciback has given up at a request. A
     * device has it from this library: xen-pciback passes over such a device, and writes no state when it has given one up.
     */
    static final String CLOSED = "6";

    /** States of a back end whose last change is not complete. */
    private static final Set<String> CHANGING = Set.of(RECONFIGURING, RECONFIGURED);

    /** A device's place as xen-pciback writes it: domain, bus, device and function. */
    private static final Pattern PLACE = Pattern.compile("[0-9a-f]{4}:[0-9a-f]{2}:([0-9a-f]{2})\\.([0-9a-f]{2})");

    private static final int FUNCTION_BITS = 3;
    private static final Duration ANSWER = Duration.ofSeconds(1);
    private static final int MAX_DEVICES = 256;

    /** The nodes of each device in the list. Those called {@code root-N} are one for each bus that xen-pciback makes. */
    private static final List<String> NODES = List.of("key", "dev", "vdev", "vdevfn", "opts", "state", "name");

    private final StoreClient store;
    private final WatchHub events;

    PciBackend(StoreClient store, WatchHub events) {
        this.store = store;
        this.events = events;
    }

    /** A request to a PV guest, not written yet. */
    PciRemoval removal(int domid, PciAddress address) {
        return new PciRemoval(store, events, domid, address);
    }

    static PvDevice device(int domid) {
        return new PvDevice(PvDevice.PCI, PvDevice.PCI, domid, 0);
    }

    /** The devices of a domain, in the order of the list. */
    List<AttachedPciDevice> list(int domid) {
        return list(store.direct(), domid);
    }

    private static List<AttachedPciDevice> list(StoreTransaction transaction, int domid) {
        String back = device(domid).backPath();
        List<AttachedPciDevice> devices = new ArrayList<>();
        for (int i = 0; i < count(transaction, back); i++) {
            int devfn = devfn(transaction, back, i);
            transaction
                    .read(back + "/dev-" + i)
                    .flatMap(PciAddress::parse)
                    .ifPresent(address -> devices.add(new AttachedPciDevice(address, devfn)));
        }
        return List.copyOf(devices);
    }

    /** The place that QEMU has chosen, or for a PV guest xen-pciback; 0 if it is not known yet. */
    private static int devfn(StoreTransaction transaction, String back, int index) {
        return transaction
                .read(back + "/vdevfn-" + index)
                .filter(text -> text.matches("[0-9a-f]{1,8}"))
                .map(HexFormat::fromHexDigits)
                .or(() -> transaction
                        .read(back + "/vdev-" + index)
                        .map(PLACE::matcher)
                        .filter(Matcher::matches)
                        .map(place -> HexFormat.fromHexDigits(place.group(1)) << FUNCTION_BITS
                                | HexFormat.fromHexDigits(place.group(2))))
                .orElse(0);
    }

    static int count(StoreTransaction transaction, String back) {
        return Math.toIntExact(Math.max(
                0,
                Math.min(MAX_DEVICES, transaction.readLong(back + "/num_devs").orElse(0L))));
    }

    /**
     * Adds a device to the list, and makes the back end with the first one. A PV guest whose front end is not connected yet
     * connects to all devices of the list at once. One that is connected takes part in one change at a time.
     *
     * @param guestDevfn the device's place in an HVM guest; empty in a PV guest, where xen-pciback chooses it
     * @param wait waits until the last change is complete
     * @throws DeviceException if it is not complete in time
     */
    void add(int domid, PciPlan plan, OptionalInt guestDevfn, EjectWait wait) {
        boolean added =
                wait.until(() -> store.inTransaction(transaction -> tryToAdd(transaction, domid, plan, guestDevfn)));
        if (!added) {
            throw incomplete("attaching", domid, plan.address(), wait.limit());
        }
    }

    static DeviceException incomplete(String change, int domid, PciAddress address, Duration limit) {
        return new DeviceException(change + " PCI device " + address + ": the guest of domain " + domid
                + " has not completed the last change of its PCI devices within "
                + limit.toSeconds() + " s; try again when its driver pcifront answers");
    }

    private static boolean tryToAdd(StoreTransaction transaction, int domid, PciPlan plan, OptionalInt guestDevfn) {
        PvDevice device = device(domid);
        String back = device.backPath();
        if (!transaction.exists(new DomainPaths(domid).libxlType())) {
            throw new DomainGoneException("attaching PCI device " + plan.address() + ": the domain is gone");
        }
        int number = count(transaction, back);
        if (guestDevfn.isEmpty() && number > 0 && isChanging(transaction, back)) {
            return false;
        }
        if (guestDevfn.isEmpty()) {
            requireNoneBegun("attaching", transaction, domid, plan.address());
        }
        if (number == 0) {
            create(transaction, device);
        }
        transaction.write(back + "/key-" + number, plan.address().toString());
        transaction.write(back + "/dev-" + number, plan.address().toString());
        guestDevfn.ifPresent(devfn -> transaction.write(back + "/vdevfn-" + number, Integer.toHexString(devfn)));
        transaction.write(back + "/opts-" + number, plan.words());
        transaction.write(back + "/state-" + number, INITIALISING);
        transaction.write(back + "/num_devs", Integer.toString(number + 1));
        if (number > 0 && (guestDevfn.isPresent() || isIn(transaction, back, CONNECTED))) {
            transaction.write(back + "/state", RECONFIGURING);
        }
        return true;
    }

    /**
     * xen-pciback completes no change while the list has another device that it has given up already: nobody has seen it do
     * so, and the device still waits for it.
     *
     * @throws DeviceException if there may be such a device
     */
    static void requireNoneBegun(String change, StoreTransaction transaction, int domid, PciAddress address) {
        String back = device(domid).backPath();
        for (AttachedPciDevice other : list(transaction, domid)) {
            if (!other.address().equals(address) && isIn(transaction, back, other.address(), CLOSING)) {
                throw new DeviceException(change + " PCI device " + address + ": the release of PCI device "
                        + other.address() + " by the guest of domain " + domid
                        + " is not complete; detach that device again first");
            }
        }
    }

    /** Whether a device of the list is in a state. */
    static boolean isIn(StoreTransaction transaction, String back, PciAddress address, String state) {
        OptionalInt found = find(transaction, back, address);
        return found.isPresent()
                && transaction.read(back + "/state-" + found.getAsInt()).equals(Optional.of(state));
    }

    private static void create(StoreTransaction transaction, PvDevice device) {
        String front = device.frontPath();
        String back = device.backPath();
        List<XenStorePermission> guestOwns =
                List.of(new XenStorePermission(device.domid(), XenStorePermission.NONE), DOM0_READS);
        String name = transaction.read(new DomainPaths(device.domid()).name()).orElse("");
        transaction.remove(back);
        transaction.write(
                back, "", List.of(DOM0_OWNS, new XenStorePermission(device.domid(), XenStorePermission.READ)));
        transaction.write(back + "/frontend", front);
        transaction.write(back + "/frontend-id", Integer.toString(device.domid()));
        transaction.write(back + "/online", "1");
        transaction.write(back + "/state", INITIALISING);
        transaction.write(back + "/domain", name);
        transaction.remove(front);
        transaction.write(front, "", guestOwns);
        transaction.write(front + "/backend", back);
        transaction.write(front + "/backend-id", "0");
        transaction.write(front + "/state", INITIALISING);
    }

    static boolean isIn(StoreTransaction transaction, String node, String state) {
        return transaction.read(node + "/state").equals(Optional.of(state));
    }

    static boolean isChanging(StoreTransaction transaction, String back) {
        return transaction.read(back + "/state").filter(CHANGING::contains).isPresent();
    }

    private static boolean isPv(StoreTransaction transaction, int domid) {
        return transaction
                .read(new DomainPaths(domid).libxlType())
                .filter(DomainType.PV.word()::equals)
                .isPresent();
    }

    /** Whether xen-pciback shows the device to the guest, and a front end that is connected has looked at it. */
    boolean isPublished(int domid, PciAddress address) {
        String back = device(domid).backPath();
        StoreTransaction direct = store.direct();
        OptionalInt found = find(direct, back, address);
        return found.isPresent() && direct.exists(back + "/vdev-" + found.getAsInt()) && !isChanging(direct, back);
    }

    static boolean isUnconnected(StoreTransaction transaction, String back) {
        return transaction.read(back + "/state").filter(UNCONNECTED::contains).isPresent();
    }

    /**
     * Removes a device from the list, and the back end with the last one. Does nothing if it is not in the list. Of several
     * devices of an HVM guest, xen-pciback is told to give one up; it need not answer, because nobody uses it there. A PV
     * guest's has given the device up, or keeps it until the domain ends.
     */
    void remove(int domid, PciAddress address, EjectWait wait) {
        PvDevice device = device(domid);
        String back = device.backPath();
        boolean told = !isPv(store.direct(), domid)
                && store.inTransaction(transaction -> {
                    OptionalInt found = find(transaction, back, address);
                    boolean others = found.isPresent() && count(transaction, back) > 1;
                    if (others) {
                        transaction.write(back + "/state-" + found.getAsInt(), CLOSING);
                        transaction.write(back + "/state", RECONFIGURING);
                    }
                    return others;
                });
        if (told) {
            wait.atMost(ANSWER).until(() -> !isIn(store.direct(), back, RECONFIGURING));
        }
        store.inTransaction(transaction -> {
            int count = count(transaction, back);
            OptionalInt found = find(transaction, back, address);
            if (found.isPresent() && count > 1) {
                moveDown(transaction, back, found.getAsInt(), count);
            } else if (found.isPresent()) {
                transaction.removeAllWithEmptyParents(List.of(back, device.frontPath()));
            }
            return count;
        });
    }

    static OptionalInt find(StoreTransaction transaction, String back, PciAddress address) {
        for (int i = 0; i < count(transaction, back); i++) {
            if (transaction
                    .read(back + "/dev-" + i)
                    .flatMap(PciAddress::parse)
                    .filter(address::equals)
                    .isPresent()) {
                return OptionalInt.of(i);
            }
        }
        return OptionalInt.empty();
    }

    /** The list has no gaps: its readers count to num_devs. */
    private static void moveDown(StoreTransaction transaction, String back, int first, int count) {
        for (int i = first; i < count; i++) {
            for (String node : NODES) {
                String path = back + "/" + node + "-" + i;
                String next = back + "/" + node + "-" + (i + 1);
                (i + 1 < count ? transaction.read(next) : Optional.<String>empty())
                        .ifPresentOrElse(value -> transaction.write(path, value), () -> transaction.remove(path));
            }
        }
        transaction.write(back + "/num_devs", Integer.toString(count - 1));
    }
}
