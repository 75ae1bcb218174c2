// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.xenjava.toolstack.xenctrl.abi.StructLayout;
import org.xenjava.toolstack.xenctrl.abi.StructView;
import org.xenjava.toolstack.xenctrl.abi.XenAbi;
import org.xenjava.toolstack.xenctrl.lib.HypercallBuffer;

/** CPU policies as arrays of {@code xen_cpuid_leaf} and {@code xen_msr_entry}. */
final class CpuPolicyCodec {
    private CpuPolicyCodec() {}

    /**
     * Issues a call that fills both arrays.
     *
     * @param most sizes that the policy does not exceed
     * @param operation makes the call, which names its subject already
     */
    static CpuPolicy read(HypercallFactory calls, HostCalls.CpuPolicySize most, Supplier<PreparedCall> operation) {
        try (HypercallBuffer leaves = calls.array("xen_cpuid_leaf", most.leaves());
                HypercallBuffer msrs = calls.array("xen_msr_entry", most.msrs());
                PreparedCall call = operation.get()) {
            call.body()
                    .set("nr_leaves", most.leaves())
                    .set("nr_msrs", most.msrs())
                    .set("leaves", leaves.address())
                    .set("msrs", msrs.address());
            call.issue();
            return decode(
                    calls.abi(),
                    leaves.bytes(),
                    call.body().getInt("nr_leaves"),
                    msrs.bytes(),
                    call.body().getInt("nr_msrs"));
        }
    }

    static void encode(XenAbi abi, CpuPolicy policy, ByteBuffer leaves, ByteBuffer msrs) {
        StructLayout leafLayout = abi.struct("xen_cpuid_leaf");
        int offset = 0;
        for (CpuPolicy.Leaf leaf : policy.leaves()) {
            leafLayout
                    .at(leaves, offset)
                    .set("leaf", Integer.toUnsignedLong(leaf.leaf()))
                    .set("subleaf", Integer.toUnsignedLong(leaf.subleaf()))
                    .set("a", Integer.toUnsignedLong(leaf.eax()))
                    .set("b", Integer.toUnsignedLong(leaf.ebx()))
                    .set("c", Integer.toUnsignedLong(leaf.ecx()))
                    .set("d", Integer.toUnsignedLong(leaf.edx()));
            offset += leafLayout.size();
        }
        StructLayout msrLayout = abi.struct("xen_msr_entry");
        offset = 0;
        for (CpuPolicy.Msr msr : policy.msrs()) {
            msrLayout
                    .at(msrs, offset)
                    .set("idx", Integer.toUnsignedLong(msr.index()))
                    .set("flags", Integer.toUnsignedLong(msr.flags()))
                    .set("val", msr.value());
            offset += msrLayout.size();
        }
    }

    static CpuPolicy decode(XenAbi abi, ByteBuffer leaves, int leafCount, ByteBuffer msrs, int msrCount) {
        StructLayout leafLayout = abi.struct("xen_cpuid_leaf");
        List<CpuPolicy.Leaf> leafList = new ArrayList<>();
        for (int i = 0; i < leafCount; i++) {
            StructView v = leafLayout.at(leaves, i * leafLayout.size());
            leafList.add(new CpuPolicy.Leaf(
                    v.getInt("leaf"), v.getInt("subleaf"), v.getInt("a"), v.getInt("b"), v.getInt("c"), v.getInt("d")));
        }
        StructLayout msrLayout = abi.struct("xen_msr_entry");
        List<CpuPolicy.Msr> msrList = new ArrayList<>();
        for (int i = 0; i < msrCount; i++) {
            StructView v = msrLayout.at(msrs, i * msrLayout.size());
            msrList.add(new CpuPolicy.Msr(v.getInt("idx"), v.getInt("flags"), v.get("val")));
        }
        return new CpuPolicy(leafList, msrList);
    }
}
