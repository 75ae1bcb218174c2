// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.xenjava.toolstack.sim.RawCalls.refusal;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.xenctrl.VirtualTopology;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.abi.DomctlOp;
import org.xenjava.toolstack.xenctrl.abi.MemoryOp;
import org.xenjava.toolstack.xenctrl.abi.StructView;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.HypercallBuffer;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;
import org.xenjava.toolstack.xenctrl.units.KiB;

/** The calls about the NUMA nodes that a domain sees, refused as Xen's {@code vnuma_init} refuses them. */
class VirtualNodesTest {
    private final SimulatedXen machine =
            SimulatedXen.builder().cpus(4).nodes(2).dom0Vcpus(1).build();
    private final XenLibraries libraries = machine.connect();
    private final Xenctrl xen = Xenctrl.open(libraries);
    private final RawCalls raw = new RawCalls(libraries.call());
    private final int guest = LibxlStyleBuild.pvh(xen, 256, 512).domid;

    @AfterEach
    void close() {
        libraries.close();
    }

    private Errno refused(Consumer<StructView> change, int... content) {
        try (HypercallBuffer tables = raw.calls.allocBuffer(4096)) {
            ByteBuffer bytes = tables.bytes();
            for (int i = 0; i < content.length; i++) {
                bytes.putInt(i * Integer.BYTES, content[i]);
            }
            return refusal(() -> raw.domctl(DomctlOp.SETVNUMAINFO, guest, body -> {
                body.set("nr_vnodes", 1)
                        .set("nr_vmemranges", 1)
                        .set("nr_vcpus", 1)
                        .set("vdistance", tables.address())
                        .set("vcpu_to_vnode", tables.address() + 4)
                        .set("vnode_to_pnode", tables.address() + 8)
                        .set("vmemrange", tables.address() + 16);
                change.accept(body);
            }));
        }
    }

    @Test
    void wrongTablesAreRefused() {
        assertEquals(Errno.EINVAL, refused(body -> body.set("nr_vcpus", 2)));
        assertEquals(Errno.EINVAL, refused(body -> body.set("pad", 1)));
        assertEquals(Errno.EINVAL, refused(body -> body.set("nr_vnodes", 0)));
        assertEquals(Errno.EINVAL, refused(body -> body.set("nr_vnodes", 33)));
        assertEquals(Errno.EINVAL, refused(body -> body.set("nr_vmemranges", 171)));
        assertEquals(Errno.EFAULT, refused(body -> body.set("vdistance", 0)));
        assertEquals(Errno.E2BIG, refused(body -> {}, 10, 1), "a vCPU of node 1 of 1");
        assertEquals(Errno.E2BIG, refused(body -> {}, 10, 0, 64), "a physical node beyond Xen's limit");
        assertEquals(Errno.EINVAL, refused(body -> {}, 10, 0, 0, 0, 0, 0, 0, 0, 1), "flags of a range");
    }

    @Test
    void nodesStayUntilTheyAreReplaced() {
        assertEquals(
                Errno.EOPNOTSUPP, refusal(() -> raw.memoryOp(MemoryOp.GET_VNUMAINFO, arg -> arg.set("domid", guest))));
        for (int count = 1; count <= 2; count++) {
            xen.topology()
                    .setVirtualTopology(
                            guest,
                            new VirtualTopology(
                                    List.of(1, 0).subList(0, count),
                                    List.of(10, 20, 20, 10).subList(0, count * count),
                                    List.of(0),
                                    List.of(new VirtualTopology.Range(0, 1 << 26, 0))));
        }
        assertEquals(
                Errno.EINVAL,
                refusal(() -> raw.memoryOp(
                        MemoryOp.GET_VNUMAINFO, arg -> arg.set("domid", guest).set("pad", 1))));
        assertEquals(
                Errno.ENOBUFS,
                refusal(() -> raw.memoryOp(MemoryOp.GET_VNUMAINFO, arg -> arg.set("domid", guest)
                        .set("nr_vnodes", 1)
                        .set("nr_vcpus", 1)
                        .set("nr_vmemranges", 1))));
    }

    @Test
    void pagesOfANodeComeFromThatNodeOrNotAtAll() {
        xen.memory().setMaxMem(guest, KiB.ofMiB(600));
        for (int node = 0; node < 2; node++) {
            long free = xen.topology().nodes().get(node).freeBytes();
            assertEquals(1, populate(0x40000L + node * 512, 9, MemoryOp.exactNode(node)));
            assertEquals(free - (2 << 20), xen.topology().nodes().get(node).freeBytes());
        }
        assertEquals(0, populate(0x41000L, 0, MemoryOp.exactNode(2)), "a node that the host lacks");
        assertEquals(0, populate(0x41000L, 0, MemoryOp.exactNode(64)), "a node beyond Xen's limit");
        assertEquals(1, populate(0x41000L, 0, 0));
    }

    private int populate(long gfn, int order, int flags) {
        return xen.memory().populatePhysmap(guest, new long[] {gfn}, order, flags);
    }
}
