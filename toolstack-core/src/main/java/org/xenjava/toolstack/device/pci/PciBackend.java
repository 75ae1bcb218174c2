// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.pci;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.xenjava.toolstack.device.EjectWait;
import org.xenjava.toolstack.device.plan.PciPlan;
import org.xenjava.toolstack.device.plan.PvDevice;
import org.xenjava.toolstack.device.view.AttachedPciDevice;
import org.xenjava.toolstack.error.DomainGoneException;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.store.StoreTransaction;
import org.xenjava.toolstack.xenctrl.lib.XenStorePermission;
import org.xenjava.toolstack.xenctrl.units.PciAddress;

/**
 * The nodes of the PCI devices of a domain, as libxl_pci.c writes them: one back end with a list of devices, which
 * xen-pciback reads. xen-pciback then lends the devices to the domain.
 */
final class PciBackend {
    private static final XenStorePermission DOM0_OWNS = new XenStorePermission(0, XenStorePermission.NONE);
    private static final XenStorePermission DOM0_READS = new XenStorePermission(0, XenStorePermission.READ);
    private static final String INITIALISING = "1";
    private static final String CLOSING = "5";
    private static final String RECONFIGURING = "7";
    private static final Duration ANSWER = Duration.ofSeconds(1);
    private static final int MAX_DEVICES = 256;

    /** The nodes of each device in the list. */
    private static final List<String> NODES = List.of("key", "dev", "vdev", "vdevfn", "opts", "state", "name", "root");

    private final StoreClient store;

    PciBackend(StoreClient store) {
        this.store = store;
    }

    private static PvDevice device(int domid) {
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
            int devfn = transaction
                    .read(back + "/vdevfn-" + i)
                    .filter(text -> text.matches("[0-9a-f]{1,8}"))
                    .map(HexFormat::fromHexDigits)
                    .orElse(0);
            transaction
                    .read(back + "/dev-" + i)
                    .flatMap(PciAddress::parse)
                    .ifPresent(address -> devices.add(new AttachedPciDevice(address, devfn)));
        }
        return List.copyOf(devices);
    }

    private static int count(StoreTransaction transaction, String back) {
        return Math.toIntExact(Math.max(
                0,
                Math.min(MAX_DEVICES, transaction.readLong(back + "/num_devs").orElse(0L))));
    }

    /** Adds a device to the list, and makes the back end with the first one. */
    void add(int domid, PciPlan plan, int guestDevfn) {
        PvDevice device = device(domid);
        String back = device.backPath();
        store.inTransaction(transaction -> {
            if (!transaction.exists(new DomainPaths(domid).libxlType())) {
                throw new DomainGoneException("attaching PCI device " + plan.address() + ": the domain is gone");
            }
            int number = count(transaction, back);
            if (number == 0) {
                create(transaction, device);
            }
            transaction.write(back + "/key-" + number, plan.address().toString());
            transaction.write(back + "/dev-" + number, plan.address().toString());
            transaction.write(back + "/vdevfn-" + number, Integer.toHexString(guestDevfn));
            transaction.write(back + "/opts-" + number, plan.words());
            transaction.write(back + "/state-" + number, INITIALISING);
            transaction.write(back + "/num_devs", Integer.toString(number + 1));
            if (number > 0) {
                transaction.write(back + "/state", RECONFIGURING);
            }
            return number;
        });
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

    /**
     * Removes a device from the list, and the back end with the last one. Does nothing if it is not in the list. Of
     * several devices, xen-pciback is told to give one up; it need not answer for a guest without a front end.
     */
    void remove(int domid, PciAddress address, EjectWait wait) {
        PvDevice device = device(domid);
        String back = device.backPath();
        boolean oneOfSeveral = store.inTransaction(transaction -> {
            OptionalInt found = find(transaction, back, address);
            boolean others = found.isPresent() && count(transaction, back) > 1;
            if (others) {
                transaction.write(back + "/state-" + found.getAsInt(), CLOSING);
                transaction.write(back + "/state", RECONFIGURING);
            }
            return others;
        });
        if (oneOfSeveral) {
            wait.atMost(ANSWER).until(() -> !store.read(back + "/state").equals(Optional.of(RECONFIGURING)));
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

    private static OptionalInt find(StoreTransaction transaction, String back, PciAddress address) {
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
