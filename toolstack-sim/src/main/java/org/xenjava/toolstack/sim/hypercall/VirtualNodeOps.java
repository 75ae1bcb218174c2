// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.hypercall;

import org.xenjava.toolstack.sim.machine.Machine;
import org.xenjava.toolstack.sim.machine.VirtualNodes;
import org.xenjava.toolstack.sim.machine.XenDomain;
import org.xenjava.toolstack.sim.memory.XenRefusal;
import org.xenjava.toolstack.xenctrl.abi.MemoryOp;
import org.xenjava.toolstack.xenctrl.abi.StructView;
import org.xenjava.toolstack.xenctrl.lib.Errno;

/** The hypercalls about the NUMA nodes that a domain sees: {@code setvnumainfo} and {@code XENMEM_get_vnumainfo}. */
final class VirtualNodeOps {
    private final Machine machine;

    VirtualNodeOps(Machine machine) {
        this.machine = machine;
    }

    void set(XenDomain domain, CallerMemory caller, StructView body) {
        if (body.get("nr_vcpus") != domain.maxVcpus() || body.get("pad") != 0) {
            throw new XenRefusal(Errno.EINVAL);
        }
        long nodes = body.get("nr_vnodes");
        long ranges = body.get("nr_vmemranges");
        VirtualNodes.requireSizes(nodes, ranges);
        byte[] distances = caller.read(body.get("vdistance"), nodes * nodes * Integer.BYTES);
        byte[] content = caller.read(body.get("vmemrange"), ranges * rangeBytes());
        byte[] nodesOfVcpus = caller.read(body.get("vcpu_to_vnode"), (long) domain.maxVcpus() * Integer.BYTES);
        byte[] physicalNodes = caller.read(body.get("vnode_to_pnode"), nodes * Integer.BYTES);
        domain.setVirtualNodes(new VirtualNodes((int) nodes, distances, nodesOfVcpus, physicalNodes, content));
    }

    /** Writes the tables, or the sizes that they need and ENOBUFS. */
    long get(CallerMemory caller, long address, XenDomain domain) {
        StructView arg = caller.read(address, machine.abi().struct(MemoryOp.GET_VNUMAINFO.struct()));
        if (arg.get("pad") != 0) {
            throw new XenRefusal(Errno.EINVAL);
        }
        VirtualNodes nodes = domain.virtualNodes().orElseThrow(() -> new XenRefusal(Errno.EOPNOTSUPP));
        boolean fits = arg.get("nr_vnodes") >= nodes.nodes()
                && arg.get("nr_vcpus") >= domain.maxVcpus()
                && arg.get("nr_vmemranges") >= nodes.rangeCount();
        arg.set("nr_vnodes", nodes.nodes()).set("nr_vcpus", domain.maxVcpus()).set("nr_vmemranges", nodes.rangeCount());
        if (!fits) {
            caller.write(address, arg);
            throw new XenRefusal(Errno.ENOBUFS);
        }
        caller.write(arg.get("vmemrange.h"), nodes.ranges());
        caller.write(arg.get("vdistance.h"), nodes.distances());
        caller.write(arg.get("vcpu_to_vnode.h"), nodes.nodesOfVcpus());
        caller.write(address, arg);
        return 0;
    }

    private long rangeBytes() {
        return machine.abi().struct("xen_vmemrange").size();
    }
}
