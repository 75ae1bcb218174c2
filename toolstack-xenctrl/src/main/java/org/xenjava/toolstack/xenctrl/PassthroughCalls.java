// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl;

import java.util.ArrayList;
import java.util.List;
import org.xenjava.toolstack.xenctrl.abi.DomctlOp;
import org.xenjava.toolstack.xenctrl.abi.MemoryOp;
import org.xenjava.toolstack.xenctrl.abi.PhysdevOp;
import org.xenjava.toolstack.xenctrl.abi.StructLayout;
import org.xenjava.toolstack.xenctrl.abi.StructView;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.HypercallBuffer;
import org.xenjava.toolstack.xenctrl.units.PciAddress;

/** Hypercalls that give PCI devices of the host, their memory, ports and interrupts to domains. */
public final class PassthroughCalls {
    /** The owner of a device that no domain may use ({@code DOMID_IO}): its DMA reaches no memory. */
    public static final int QUARANTINE = DomctlOp.DOMID_IO;

    /** The entries of the first try of a list whose length is not known, and a bound that no host reaches. */
    private static final int FIRST_ENTRIES = 64;

    private static final int MOST_ENTRIES = 1 << 16;
    private static final int PORTS_PER_CALL = 0x10000;

    private final HypercallFactory calls;

    PassthroughCalls(HypercallFactory calls) {
        this.calls = calls;
    }

    /** The treatment of a device's reserved memory that is not free in the guest. */
    public enum ReservedMemory {
        /** The assignment fails. */
        STRICT,
        /** The assignment succeeds, with a warning in Xen's log. */
        RELAXED
    }

    /**
     * Memory that a device needs at the same address in the guest.
     *
     * @param firstFrame its first page frame
     * @param frames number of pages
     */
    public record ReservedRange(long firstFrame, long frames) {}

    /**
     * {@code XEN_DOMCTL_assign_device}: the device's DMA reaches the memory of the domain and no other. EBUSY if
     * another domain has it, ENODEV if Xen does not know it, EOPNOTSUPP if the domain was created without an IOMMU.
     *
     * @param domid number of the domain, or {@link #QUARANTINE}
     */
    public void assign(int domid, PciAddress device, ReservedMemory policy) {
        deviceCall(DomctlOp.ASSIGN_DEVICE, domid, device, policy == ReservedMemory.RELAXED ? 1 : 0);
    }

    /** {@code XEN_DOMCTL_test_assign_device}: EINVAL if the device could not be assigned. */
    public void testAssign(int domid, PciAddress device) {
        deviceCall(DomctlOp.TEST_ASSIGN_DEVICE, domid, device, 0);
    }

    /**
     * {@code XEN_DOMCTL_deassign_device}: takes the device from the domain; ENODEV if the domain does not have it. A
     * device that was quarantined returns there, another one to domain 0.
     *
     * @param domid number of the domain, or {@link #QUARANTINE}
     */
    public void deassign(int domid, PciAddress device) {
        deviceCall(DomctlOp.DEASSIGN_DEVICE, domid, device, 0);
    }

    private void deviceCall(DomctlOp op, int domid, PciAddress device, int flags) {
        try (PreparedCall call = calls.domctl(op, domid)) {
            call.body().set("dev", 0).set("flags", flags).set("u.pci.machine_sbdf", device.number());
            call.issue();
        }
    }

    /**
     * {@code XEN_DOMCTL_get_device_group}: the other devices of a domain that the IOMMU cannot tell from this one. Xen
     * lists devices of the same segment, and writes each as the bus from bit 16 and device and function from bit 8 on
     * ({@code iommu_get_device_group} in {@code xen/drivers/passthrough/pci.c}), unlike the request's number.
     *
     * @param domid the owner of the devices to list
     */
    public List<PciAddress> group(int domid, PciAddress device) {
        List<PciAddress> group = List.of();
        // Xen leaves out what does not fit, and does not say so.
        for (int room = FIRST_ENTRIES; room <= MOST_ENTRIES; room *= 2) {
            group = group(domid, device, room);
            if (group.size() < room) {
                break;
            }
        }
        return group;
    }

    private List<PciAddress> group(int domid, PciAddress device, int room) {
        try (HypercallBuffer array = calls.buffer(room * Integer.BYTES);
                PreparedCall call = calls.domctl(DomctlOp.GET_DEVICE_GROUP, domid)) {
            call.body()
                    .set("machine_sbdf", device.number())
                    .set("max_sdevs", room)
                    .set("sdev_array", array.address());
            call.issue();
            List<PciAddress> group = new ArrayList<>();
            for (int i = 0; i < Math.min(room, call.body().getInt("num_sdevs")); i++) {
                int member = array.bytes().getInt(i * Integer.BYTES);
                group.add(PciAddress.ofNumber(device.segment() << 16 | member >>> 8));
            }
            return List.copyOf(group);
        }
    }

    /** {@code XEN_DOMCTL_irq_permission}. */
    public void permitInterrupt(int domid, int interrupt, Access access) {
        try (PreparedCall call = calls.domctl(DomctlOp.IRQ_PERMISSION, domid)) {
            call.body().set("pirq", interrupt).set("allow_access", access.ordinal());
            call.issue();
        }
    }

    /** {@code XEN_DOMCTL_iomem_permission}. */
    public void permitMemory(int domid, long firstFrame, long frames, Access access) {
        try (PreparedCall call = calls.domctl(DomctlOp.IOMEM_PERMISSION, domid)) {
            call.body().set("first_mfn", firstFrame).set("nr_mfns", frames).set("allow_access", access.ordinal());
            call.issue();
        }
    }

    /** {@code XEN_DOMCTL_ioport_permission}. */
    public void permitPorts(int domid, int first, int count, Access access) {
        if (first < 0 || count < 1 || first + count > PORTS_PER_CALL) {
            throw new IllegalArgumentException("ports " + first + ", " + count);
        }
        try (PreparedCall call = calls.domctl(DomctlOp.IOPORT_PERMISSION, domid)) {
            call.body().set("first_port", first).set("nr_ports", count).set("allow_access", access.ordinal());
            call.issue();
        }
    }

    /**
     * {@code XEN_DOMCTL_ioport_mapping}: ports of the host, which the domain must be permitted, under their numbers in an
     * HVM or PVH guest. EOPNOTSUPP for a PV guest, which needs none.
     */
    public void mapPorts(int domid, int first, int count) {
        try (PreparedCall call = calls.domctl(DomctlOp.IOPORT_MAPPING, domid)) {
            call.body()
                    .set("first_gport", first)
                    .set("first_mport", first)
                    .set("nr_ports", count)
                    .set("add_mapping", 1);
            call.issue();
        }
    }

    /**
     * {@code XEN_DOMCTL_memory_mapping}: frames of the host, which the domain must be permitted, in an HVM or PVH guest; no
     * effect in a PV guest. Xen may map a part and return the number of its frames.
     *
     * @param gfn the first frame in the guest
     * @param firstFrame the first frame of the host
     */
    public void mapMemory(int domid, long gfn, long firstFrame, long frames) {
        for (long done = 0; done < frames; ) {
            try (PreparedCall call = calls.domctl(DomctlOp.MEMORY_MAPPING, domid)) {
                call.body()
                        .set("first_gfn", gfn + done)
                        .set("first_mfn", firstFrame + done)
                        .set("nr_mfns", frames - done)
                        .set("add_mapping", 1);
                int part = call.issue();
                done += part == 0 ? frames - done : part;
            }
        }
    }

    /** A permission of a domain. */
    public enum Access {
        DENIED,
        ALLOWED
    }

    /** {@code PHYSDEVOP_map_pirq}: gives the domain an interrupt line of the host, under its number there. */
    public void mapInterrupt(int domid, int interrupt) {
        try (PreparedCall call = calls.physdevOp(PhysdevOp.MAP_PIRQ, domid)) {
            call.body()
                    .set("domid", domid)
                    .set("type", PhysdevOp.MAP_PIRQ_TYPE_GSI)
                    .set("index", interrupt)
                    .set("pirq", interrupt);
            call.issue();
        }
    }

    /** {@code PHYSDEVOP_unmap_pirq}: takes an interrupt from the domain; EINVAL if it is not mapped. */
    public void unmapInterrupt(int domid, int interrupt) {
        try (PreparedCall call = calls.physdevOp(PhysdevOp.UNMAP_PIRQ, domid)) {
            call.body().set("domid", domid).set("pirq", interrupt);
            call.issue();
        }
    }

    /** {@code XENMEM_reserved_device_memory_map}: the memory that firmware reserves for a device; mostly none. */
    public List<ReservedRange> reservedMemory(PciAddress device) {
        return reservedMemory(0, device);
    }

    /** {@code XENMEM_reserved_device_memory_map}: the memory that firmware reserves for all devices. */
    public List<ReservedRange> reservedMemory() {
        return reservedMemory(MemoryOp.XENMEM_RDM_ALL, new PciAddress(0, 0, 0));
    }

    private List<ReservedRange> reservedMemory(int flags, PciAddress device) {
        for (int room = FIRST_ENTRIES; ; room *= 2) {
            try {
                return reservedMemory(flags, device, room);
            } catch (HypercallException e) {
                if (e.errno() != Errno.ENOBUFS || room >= MOST_ENTRIES) {
                    throw e;
                }
            }
        }
    }

    private List<ReservedRange> reservedMemory(int flags, PciAddress device, int room) {
        StructLayout element = calls.abi().struct("xen_reserved_device_memory");
        try (HypercallBuffer array = calls.array(element.name(), room);
                PreparedCall call = calls.memoryOp(MemoryOp.RESERVED_DEVICE_MEMORY_MAP, 0)) {
            call.body()
                    .set("flags", flags)
                    .set("nr_entries", room)
                    .set("buffer", array.address())
                    .set("dev.pci.seg", device.segment())
                    .set("dev.pci.bus", device.bus())
                    .set("dev.pci.devfn", device.devfn());
            call.issue();
            List<ReservedRange> ranges = new ArrayList<>();
            for (int i = 0; i < call.body().getInt("nr_entries"); i++) {
                StructView range = element.at(array.bytes(), i * element.size());
                ranges.add(new ReservedRange(range.get("start_pfn"), range.get("nr_pages")));
            }
            return List.copyOf(ranges);
        }
    }
}
