// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.xenjava.toolstack.xenctrl.abi.DomctlOp;
import org.xenjava.toolstack.xenctrl.abi.MemoryOp;
import org.xenjava.toolstack.xenctrl.abi.StructLayout;
import org.xenjava.toolstack.xenctrl.abi.StructView;
import org.xenjava.toolstack.xenctrl.abi.SysctlOp;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.HypercallBuffer;
import org.xenjava.toolstack.xenctrl.units.CpuSet;
import org.xenjava.toolstack.xenctrl.units.PciAddress;

/** Hypercalls about the places of CPUs, memory and PCI devices in the host. */
public final class TopologyCalls {
    private static final int NONE = -1;

    /** {@code XEN_INVALID_DEV}: Xen knows no such device. */
    private static final int NO_DEVICE = -2;

    private static final long NO_MEMORY = 0xFFFF_FFFFL;
    private static final int BITS_PER_BYTE = 8;

    private final HypercallFactory calls;

    TopologyCalls(HypercallFactory calls) {
        this.calls = calls;
    }

    /**
     * The place of a physical CPU.
     *
     * @param core number of its core in the socket
     * @param socket number of its socket
     * @param node number of its NUMA node
     */
    public record CpuPlace(int core, int socket, int node) {}

    /**
     * A NUMA node.
     *
     * @param bytes size of its memory
     * @param freeBytes free part of its memory
     * @param distances relative costs of accesses from this node to each node
     */
    public record NodeMemory(long bytes, long freeBytes, List<Integer> distances) {
        public NodeMemory {
            distances = List.copyOf(distances);
        }
    }

    /** {@code XEN_SYSCTL_cputopoinfo}: the place of each CPU, by its number; -1 in all three for a CPU that is offline. */
    public List<CpuPlace> cpus() {
        int count = count(SysctlOp.CPUTOPOINFO, "num_cpus");
        StructLayout element = calls.abi().struct("xen_sysctl_cputopo");
        try (HypercallBuffer array = calls.array(element.name(), count);
                PreparedCall call = calls.sysctl(SysctlOp.CPUTOPOINFO)) {
            call.body().set("num_cpus", count).set("cputopo", array.address());
            call.issue();
            List<CpuPlace> places = new ArrayList<>();
            for (int cpu = 0; cpu < Math.min(count, call.body().getInt("num_cpus")); cpu++) {
                StructView place = element.at(array.bytes(), cpu * element.size());
                places.add(
                        place.getInt("core") == NONE
                                ? new CpuPlace(NONE, NONE, NONE)
                                : new CpuPlace(place.getInt("core"), place.getInt("socket"), place.getInt("node")));
            }
            return List.copyOf(places);
        }
    }

    /** {@code XEN_SYSCTL_numainfo}: each NUMA node, by its number; without memory if Xen does not know it. */
    public List<NodeMemory> nodes() {
        int count = count(SysctlOp.NUMAINFO, "num_nodes");
        StructLayout element = calls.abi().struct("xen_sysctl_meminfo");
        try (HypercallBuffer memory = calls.array(element.name(), count);
                HypercallBuffer distances = calls.buffer(Math.max(1, count * count * Integer.BYTES));
                PreparedCall call = calls.sysctl(SysctlOp.NUMAINFO)) {
            call.body().set("num_nodes", count).set("meminfo", memory.address()).set("distance", distances.address());
            call.issue();
            List<NodeMemory> nodes = new ArrayList<>();
            for (int node = 0; node < Math.min(count, call.body().getInt("num_nodes")); node++) {
                StructView info = element.at(memory.bytes(), node * element.size());
                long size = info.get("memsize");
                boolean known = size != NO_MEMORY;
                nodes.add(new NodeMemory(
                        known ? size : 0, known ? info.get("memfree") : 0, row(distances.bytes(), node, count)));
            }
            return List.copyOf(nodes);
        }
    }

    private static List<Integer> row(ByteBuffer distances, int node, int count) {
        List<Integer> row = new ArrayList<>();
        for (int other = 0; other < count; other++) {
            row.add(distances.getInt((node * count + other) * Integer.BYTES));
        }
        return row;
    }

    /** {@code XEN_SYSCTL_pcitopoinfo}: the NUMA node of each device; empty if Xen does not know it. */
    public List<OptionalInt> nodes(List<PciAddress> devices) {
        StructLayout element = calls.abi().struct("physdev_pci_device");
        try (HypercallBuffer array = calls.array(element.name(), devices.size());
                HypercallBuffer nodes = calls.buffer(Math.max(1, devices.size() * Integer.BYTES))) {
            for (int i = 0; i < devices.size(); i++) {
                PciAddress device = devices.get(i);
                element.at(array.bytes(), i * element.size())
                        .set("seg", device.segment())
                        .set("bus", device.bus())
                        .set("devfn", device.devfn());
            }
            // Xen may do a part of the list, of which it tells the length.
            for (int done = 0; done < devices.size(); ) {
                try (PreparedCall call = calls.sysctl(SysctlOp.PCITOPOINFO)) {
                    call.body()
                            .set("num_devs", devices.size() - (long) done)
                            .set("devs", array.address() + (long) done * element.size())
                            .set("nodes", nodes.address() + (long) done * Integer.BYTES);
                    call.issue();
                    int more = call.body().getInt("num_devs");
                    done = more <= 0 ? devices.size() : done + more;
                }
            }
            List<OptionalInt> found = new ArrayList<>();
            for (int i = 0; i < devices.size(); i++) {
                int node = nodes.bytes().getInt(i * Integer.BYTES);
                found.add(node == NONE || node == NO_DEVICE ? OptionalInt.empty() : OptionalInt.of(node));
            }
            return List.copyOf(found);
        }
    }

    /** {@code XEN_DOMCTL_getnodeaffinity}: the nodes on which Xen looks for a domain's memory first. */
    public CpuSet nodeAffinity(int domid) {
        int bytes = (count(SysctlOp.NUMAINFO, "num_nodes") + BITS_PER_BYTE - 1) / BITS_PER_BYTE;
        try (HypercallBuffer map = calls.buffer(bytes);
                PreparedCall call = calls.domctl(DomctlOp.GETNODEAFFINITY, domid)) {
            call.body().set("nodemap.bitmap", map.address()).set("nodemap.nr_bits", (long) bytes * BITS_PER_BYTE);
            call.issue();
            return CpuCalls.read(map, bytes);
        }
    }

    /** {@code XEN_DOMCTL_setnodeaffinity}: Xen takes the domain's memory from these nodes as long as they have some. */
    public void setNodeAffinity(int domid, CpuSet nodes) {
        int bytes = (count(SysctlOp.NUMAINFO, "num_nodes") + BITS_PER_BYTE - 1) / BITS_PER_BYTE;
        try (HypercallBuffer map = calls.buffer(bytes);
                PreparedCall call = calls.domctl(DomctlOp.SETNODEAFFINITY, domid)) {
            map.bytes().put(0, nodes.toBitmap(bytes));
            call.body().set("nodemap.bitmap", map.address()).set("nodemap.nr_bits", (long) bytes * BITS_PER_BYTE);
            call.issue();
        }
    }

    /**
     * {@code XEN_DOMCTL_setvnumainfo}: tells Xen the NUMA nodes that the guest sees. EINVAL if the vCPUs are not all of the
     * domain's, or a table is larger than a page; E2BIG if a vCPU is in no node, or the host cannot have such a node.
     */
    public void setVirtualTopology(int domid, VirtualTopology topology) {
        StructLayout range = calls.abi().struct("xen_vmemrange");
        try (HypercallBuffer physicalNodes = numbers(topology.physicalNodes());
                HypercallBuffer distances = numbers(topology.distances());
                HypercallBuffer nodesOfVcpus = numbers(topology.nodesOfVcpus());
                HypercallBuffer ranges =
                        calls.array(range.name(), topology.ranges().size());
                PreparedCall call = calls.domctl(DomctlOp.SETVNUMAINFO, domid)) {
            for (int i = 0; i < topology.ranges().size(); i++) {
                VirtualTopology.Range one = topology.ranges().get(i);
                range.at(ranges.bytes(), i * range.size())
                        .set("start", one.start())
                        .set("end", one.end())
                        .set("nid", one.node());
            }
            call.body()
                    .set("nr_vnodes", topology.physicalNodes().size())
                    .set("nr_vmemranges", topology.ranges().size())
                    .set("nr_vcpus", topology.nodesOfVcpus().size())
                    .set("vdistance", distances.address())
                    .set("vcpu_to_vnode", nodesOfVcpus.address())
                    .set("vnode_to_pnode", physicalNodes.address())
                    .set("vmemrange", ranges.address());
            call.issue();
        }
    }

    /** {@code XENMEM_get_vnumainfo} without room for an answer: whether the guest sees NUMA nodes of its own. */
    public boolean hasVirtualTopology(int domid) {
        try (PreparedCall call = calls.memoryOp(MemoryOp.GET_VNUMAINFO, domid)) {
            call.body().set("domid", domid);
            call.issue();
            return true;
        } catch (HypercallException e) {
            if (e.errno().equals(Errno.EOPNOTSUPP)) {
                return false;
            }
            if (e.errno().equals(Errno.ENOBUFS)) {
                return true;
            }
            throw e;
        }
    }

    private HypercallBuffer numbers(List<Integer> values) {
        HypercallBuffer buffer = calls.buffer(Math.max(1, values.size()) * Integer.BYTES);
        for (int i = 0; i < values.size(); i++) {
            buffer.bytes().putInt(i * Integer.BYTES, values.get(i));
        }
        return buffer;
    }

    /** The number of elements that a call would fill, which it tells if it gets no arrays. */
    private int count(SysctlOp op, String field) {
        try (PreparedCall call = calls.sysctl(op)) {
            call.issue();
            return call.body().getInt(field);
        }
    }
}
