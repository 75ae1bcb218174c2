// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.hypercall;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.xenjava.toolstack.sim.machine.ConsoleRing;
import org.xenjava.toolstack.sim.machine.Machine;
import org.xenjava.toolstack.sim.machine.XenDomain;
import org.xenjava.toolstack.sim.memory.HostMemory;
import org.xenjava.toolstack.sim.memory.PhysicalMemory;
import org.xenjava.toolstack.sim.memory.XenRefusal;
import org.xenjava.toolstack.xenctrl.abi.StructLayout;
import org.xenjava.toolstack.xenctrl.abi.StructView;
import org.xenjava.toolstack.xenctrl.abi.SysctlOp;
import org.xenjava.toolstack.xenctrl.lib.Errno;

/** {@code sysctl}, called by dom0. */
final class HostOps {
    static final int CPU_KHZ = 2_596_142;

    /** The limit that Xen was built with. */
    private static final int MAX_NODES = 64;

    /** The distance of a node to itself, by convention. */
    private static final int LOCAL_DISTANCE = 10;

    private static final int REMOTE_DISTANCE = 21;

    /** The debug key that shows the memory of each domain on each NUMA node. */
    private static final int NUMA_KEY = 'u';

    private final Machine machine;
    private final DomainOps domainControl;
    private final StructLayout layout;
    private final HostCpuPolicy cpuPolicy;
    private final PoolOps pools;

    HostOps(Machine machine, DomainOps domainControl) {
        this.machine = machine;
        this.domainControl = domainControl;
        this.layout = machine.abi().struct("xen_sysctl");
        this.pools = new PoolOps(machine);
        this.cpuPolicy = new HostCpuPolicy(machine.abi(), machine.memoryRules());
    }

    long call(CallerMemory caller, long address) {
        byte[] bytes = caller.read(address, layout.size());
        StructView header = layout.at(ByteBuffer.wrap(bytes), 0);
        if (header.get("interface_version") != machine.sysctlVersion()) {
            throw new XenRefusal(Errno.EACCES);
        }
        int command = header.getInt("cmd");
        if (command == SysctlOp.PHYSINFO.number()) {
            physInfo(body(bytes, SysctlOp.PHYSINFO));
        } else if (command == SysctlOp.READCONSOLE.number()) {
            readConsole(caller, body(bytes, SysctlOp.READCONSOLE));
        } else if (command == SysctlOp.GETDOMAININFOLIST.number()) {
            getDomainInfoList(caller, body(bytes, SysctlOp.GETDOMAININFOLIST));
        } else if (command == SysctlOp.DEBUG_KEYS.number()) {
            debugKeys(caller, body(bytes, SysctlOp.DEBUG_KEYS));
        } else if (command == SysctlOp.SCHED_ID.number()) {
            pools.schedulerId(body(bytes, SysctlOp.SCHED_ID));
        } else if (command == SysctlOp.CPUTOPOINFO.number()) {
            pools.topology(caller, body(bytes, SysctlOp.CPUTOPOINFO));
        } else if (command == SysctlOp.NUMAINFO.number()) {
            numaInfo(caller, body(bytes, SysctlOp.NUMAINFO));
        } else if (command == SysctlOp.CPUPOOL_OP.number()) {
            pools.pool(caller, body(bytes, SysctlOp.CPUPOOL_OP));
        } else if (command == SysctlOp.SCHEDULER_OP.number()) {
            pools.parameters(body(bytes, SysctlOp.SCHEDULER_OP));
        } else if (command == SysctlOp.GET_CPU_POLICY.number()) {
            cpuPolicy.get(caller, body(bytes, SysctlOp.GET_CPU_POLICY));
        } else {
            throw new XenRefusal(Errno.ENOSYS);
        }
        caller.write(address, bytes);
        return 0;
    }

    private StructView body(byte[] bytes, SysctlOp op) {
        return machine.abi().struct(op.struct()).at(ByteBuffer.wrap(bytes), SysctlOp.UNION_OFFSET);
    }

    private void physInfo(StructView info) {
        int cpus = machine.pools().cpus();
        info.clear()
                .set("threads_per_core", 1)
                .set("cores_per_socket", cpus / machine.host().nodes())
                .set("nr_cpus", cpus)
                .set("max_cpu_id", cpus - 1L)
                .set("nr_nodes", machine.host().nodes())
                .set("max_node_id", MAX_NODES - 1L)
                .set("cpu_khz", CPU_KHZ)
                .set("capabilities", capabilities())
                .set("total_pages", machine.host().totalPages())
                .set("free_pages", machine.host().freePages())
                .set("scrub_pages", 0)
                .set("outstanding_pages", machine.host().claimedPages())
                .set("max_mfn", machine.host().totalPages() - 1);
    }

    private int capabilities() {
        return (machine.behaviour().physCapabilities() & ~(machine.hasPvGuests() ? 0 : SysctlOp.PHYSCAP_PV))
                | (machine.pci().hasIommu() ? SysctlOp.PHYSCAP_DIRECTIO | SysctlOp.PHYSCAP_IOMMU_HAP_PT_SHARE : 0);
    }

    private void numaInfo(CallerMemory caller, StructView arg) {
        HostMemory host = machine.host();
        int count = host.nodes();
        if (arg.get("meminfo") != 0 && arg.get("distance") != 0) {
            StructLayout element = machine.abi().struct("xen_sysctl_meminfo");
            ByteBuffer distances =
                    ByteBuffer.allocate(count * count * Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
            for (int node = 0; node < count; node++) {
                caller.write(
                        arg.get("meminfo") + (long) node * element.size(),
                        element.allocate()
                                .set("memsize", host.pagesOf(node) * PhysicalMemory.PAGE_BYTES)
                                .set("memfree", host.freeOf(node) * PhysicalMemory.PAGE_BYTES));
                for (int other = 0; other < count; other++) {
                    distances.putInt(node == other ? LOCAL_DISTANCE : REMOTE_DISTANCE);
                }
            }
            caller.write(arg.get("distance"), distances.array());
        }
        arg.set("num_nodes", count);
    }

    private void readConsole(CallerMemory caller, StructView arg) {
        ConsoleRing ring = machine.console();
        long from = arg.get("incremental") != 0 ? Math.max(arg.get("index"), ring.start()) : ring.start();
        byte[] text = ring.read(from, (int) Math.min(arg.get("count"), Integer.MAX_VALUE));
        if (text.length > 0) {
            caller.write(arg.get("buffer"), text);
        }
        arg.set("index", (from + text.length) & 0xFFFF_FFFFL).set("count", text.length);
        if (arg.get("clear") != 0) {
            ring.clearUpTo(from + text.length);
        }
    }

    /** Each key is named on the console, as Xen does; what the key shows is left out, except the memory of {@code u}. */
    private void debugKeys(CallerMemory caller, StructView arg) {
        for (byte key : caller.read(arg.get("keys"), arg.getInt("nr_keys"))) {
            machine.console().print("'" + (char) key + "' pressed");
            if (key == NUMA_KEY) {
                printMemoryOfNodes();
            }
        }
    }

    private void printMemoryOfNodes() {
        machine.console().print("Memory location of each domain:");
        for (XenDomain domain : machine.from(1)) {
            machine.console()
                    .print("d" + domain.domid() + " (total: " + domain.memory().totalPages() + "):");
            for (int node = 0; node < machine.host().nodes(); node++) {
                machine.console()
                        .print("    Node " + node + ": " + domain.memory().pagesOf(node));
            }
        }
    }

    private void getDomainInfoList(CallerMemory caller, StructView arg) {
        StructLayout element = machine.abi().struct("xen_domctl_getdomaininfo");
        long count = 0;
        for (XenDomain domain : machine.from(arg.getInt("first_domain"))) {
            if (count == arg.get("max_domains")) {
                break;
            }
            StructView info = element.allocate();
            domainControl.describe(domain, info);
            caller.write(arg.get("buffer") + count * element.size(), info);
            count++;
        }
        arg.set("num_domains", count);
    }
}
