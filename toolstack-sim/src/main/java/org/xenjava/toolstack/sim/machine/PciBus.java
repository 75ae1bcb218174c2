// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.machine;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.xenjava.toolstack.sim.memory.XenRefusal;
import org.xenjava.toolstack.xenctrl.abi.DomctlOp;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.units.PciAddress;

/**
 * The PCI devices of a host as Xen sees them: behind an IOMMU, if there is one, each belongs to one domain. The machine's
 * lock guards the bus.
 */
public final class PciBus {
    private final boolean iommu;
    private final SortedMap<PciAddress, PciCard> cards = new TreeMap<>();
    private final Map<PciAddress, Integer> owners = new HashMap<>();
    private final Set<PciAddress> quarantined = new HashSet<>();
    private final Map<Integer, Map<String, Integer>> emulated = new HashMap<>();

    /** @param iommu whether devices can be assigned to domains */
    public PciBus(boolean iommu, List<PciCard> cards) {
        this.iommu = iommu;
        cards.forEach(card -> this.cards.put(card.address(), card));
    }

    /** Whether devices can be assigned to domains. */
    public boolean hasIommu() {
        return iommu;
    }

    /** All devices, by address. */
    public SortedMap<PciAddress, PciCard> cards() {
        return cards;
    }

    /** The domain that has the device: at first 0. */
    public int owner(PciAddress address) {
        require(cards.containsKey(address), Errno.ENODEV);
        return owners.getOrDefault(address, 0);
    }

    /** Whether no guest has the device. */
    public boolean isAssignable(PciAddress address) {
        return cards.containsKey(address) && (owner(address) == 0 || owner(address) == DomctlOp.DOMID_IO);
    }

    /** Assigns a device that no guest has. */
    public void assign(int domid, PciAddress address) {
        require(cards.containsKey(address), Errno.ENODEV);
        require(isAssignable(address), Errno.EBUSY);
        owners.put(address, domid);
        if (domid == DomctlOp.DOMID_IO) {
            quarantined.add(address);
        }
    }

    /** Takes a device from its domain: to the quarantine if it was there before, otherwise to domain 0. */
    public void deassign(int domid, PciAddress address) {
        require(cards.containsKey(address) && owner(address) == domid && domid != 0, Errno.ENODEV);
        if (domid == DomctlOp.DOMID_IO) {
            quarantined.remove(address);
        }
        owners.put(address, quarantined.contains(address) ? DomctlOp.DOMID_IO : 0);
    }

    /** The other devices of a domain that the IOMMU cannot tell from this one. */
    public List<PciAddress> group(int domid, PciAddress address) {
        PciCard card = Optional.ofNullable(cards.get(address)).orElseThrow(() -> new XenRefusal(Errno.ENODEV));
        return cards.values().stream()
                .filter(other -> other != card && other.group() == card.group() && owner(other.address()) == domid)
                .map(PciCard::address)
                .toList();
    }

    /** Takes all devices from a domain that dies. */
    void domainDied(int domid) {
        List.copyOf(owners.keySet()).stream()
                .filter(address -> owner(address) == domid)
                .forEach(address -> deassign(domid, address));
        emulated.remove(domid);
    }

    /** The devices that QEMU shows to the guest of a domain: the slot of each, by QEMU's name for it. */
    public Map<String, Integer> inGuest(int domid) {
        return emulated.computeIfAbsent(domid, id -> new TreeMap<>());
    }

    /** Whether QEMU shows a device with this interrupt to the guest of a domain. */
    public boolean isInGuest(int domid, int interrupt) {
        return cards.values().stream()
                .filter(card -> card.interrupt() == interrupt)
                .map(card -> "pci-pt-%02x_%02x.%x"
                        .formatted(
                                card.address().bus(),
                                card.address().device(),
                                card.address().function()))
                .anyMatch(inGuest(domid)::containsKey);
    }

    /** The devices of a domain. */
    public List<PciAddress> of(int domid) {
        List<PciAddress> found = new ArrayList<>(cards.keySet());
        found.removeIf(address -> owner(address) != domid);
        return found;
    }

    private static void require(boolean condition, Errno otherwise) {
        if (!condition) {
            throw new XenRefusal(otherwise);
        }
    }
}
