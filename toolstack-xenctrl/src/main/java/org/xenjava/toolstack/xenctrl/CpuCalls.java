// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.xenjava.toolstack.xenctrl.abi.DomctlOp;
import org.xenjava.toolstack.xenctrl.abi.StructLayout;
import org.xenjava.toolstack.xenctrl.abi.StructView;
import org.xenjava.toolstack.xenctrl.abi.SysctlOp;
import org.xenjava.toolstack.xenctrl.lib.HypercallBuffer;
import org.xenjava.toolstack.xenctrl.units.CpuSet;

/** Hypercalls about physical CPUs and the vCPUs that run on them. */
public final class CpuCalls {
    private static final int NO_CPU = -1;

    private final HypercallFactory calls;
    private volatile int cpus;

    CpuCalls(HypercallFactory calls) {
        this.calls = calls;
    }

    /** A CPU's pinning that a guest has made for itself ({@code SCHEDOP_pin_override}). */
    public enum PinOverride {
        /** An override stays, and changing the affinity is EBUSY. */
        KEEP,
        /** An override ends. */
        END
    }

    /** The number of physical CPUs, counting up to the last one. Xen is asked once. */
    public int count() {
        int known = cpus;
        if (known == 0) {
            try (PreparedCall call = calls.sysctl(SysctlOp.PHYSINFO)) {
                call.issue();
                known = call.body().getInt("max_cpu_id") + 1;
            }
            cpus = known;
        }
        return known;
    }

    /** {@code XEN_SYSCTL_cputopoinfo}: the NUMA node of each physical CPU; -1 for a CPU that is not there. */
    public List<Integer> nodes() {
        int capacity = count();
        StructLayout element = calls.abi().struct("xen_sysctl_cputopo");
        try (HypercallBuffer array = calls.array(element.name(), capacity);
                PreparedCall call = calls.sysctl(SysctlOp.CPUTOPOINFO)) {
            call.body().set("num_cpus", capacity).set("cputopo", array.address());
            call.issue();
            List<Integer> nodes = new ArrayList<>();
            int found = Math.min(capacity, call.body().getInt("num_cpus"));
            for (int cpu = 0; cpu < found; cpu++) {
                StructView place = element.at(array.bytes(), cpu * element.size());
                nodes.add(place.getInt("core") == NO_CPU ? NO_CPU : place.getInt("node"));
            }
            return List.copyOf(nodes);
        }
    }

    /** {@code XEN_DOMCTL_getvcpuinfo}; EINVAL if the domain cannot have that vCPU, ESRCH if it was not made yet. */
    public VcpuInfo vcpu(int domid, int vcpu) {
        try (PreparedCall call = calls.domctl(DomctlOp.GETVCPUINFO, domid)) {
            call.body().set("vcpu", vcpu);
            call.issue();
            StructView info = call.body();
            return new VcpuInfo(
                    info.get("online") != 0,
                    info.get("blocked") != 0,
                    info.get("running") != 0,
                    info.get("cpu_time"),
                    info.getInt("cpu"));
        }
    }

    /** {@code XEN_DOMCTL_getvcpuaffinity}: what was set, with CPUs that are not in the domain's pool. */
    public Affinity affinity(int domid, int vcpu) {
        int bytes = bitmapBytes();
        try (HypercallBuffer hard = calls.buffer(bytes);
                HypercallBuffer soft = calls.buffer(bytes);
                PreparedCall call = calls.domctl(DomctlOp.GETVCPUAFFINITY, domid)) {
            fill(call, vcpu, DomctlOp.VCPUAFFINITY_HARD | DomctlOp.VCPUAFFINITY_SOFT, hard, soft, bytes);
            call.issue();
            return new Affinity(read(hard, bytes), read(soft, bytes));
        }
    }

    /**
     * {@code XEN_DOMCTL_setvcpuaffinity}; EINVAL if no CPU of the domain's pool is in the hard affinity.
     *
     * @param hard where the vCPU may run; empty leaves it as it is
     * @param soft where it should run; empty leaves it as it is
     * @return what is in effect: within the domain's pool, and the soft affinity within the hard one; an affinity that
     *     was not set is empty
     */
    public Affinity setAffinity(
            int domid, int vcpu, Optional<CpuSet> hard, Optional<CpuSet> soft, PinOverride override) {
        int bytes = bitmapBytes();
        int flags = (hard.isPresent() ? DomctlOp.VCPUAFFINITY_HARD : 0)
                | (soft.isPresent() ? DomctlOp.VCPUAFFINITY_SOFT : 0)
                | (override == PinOverride.END ? DomctlOp.VCPUAFFINITY_FORCE : 0);
        try (HypercallBuffer hardMap = calls.buffer(bytes);
                HypercallBuffer softMap = calls.buffer(bytes);
                PreparedCall call = calls.domctl(DomctlOp.SETVCPUAFFINITY, domid)) {
            hardMap.bytes().put(0, hard.orElse(CpuSet.NONE).toBitmap(bytes));
            softMap.bytes().put(0, soft.orElse(CpuSet.NONE).toBitmap(bytes));
            fill(call, vcpu, flags, hardMap, softMap, bytes);
            call.issue();
            return new Affinity(read(hardMap, bytes), read(softMap, bytes));
        }
    }

    private static void fill(
            PreparedCall call, int vcpu, int flags, HypercallBuffer hard, HypercallBuffer soft, int bytes) {
        call.body()
                .set("vcpu", vcpu)
                .set("flags", flags)
                .set("cpumap_hard.bitmap", hard.address())
                .set("cpumap_hard.nr_bits", bytes * 8L)
                .set("cpumap_soft.bitmap", soft.address())
                .set("cpumap_soft.nr_bits", bytes * 8L);
    }

    private int bitmapBytes() {
        return (count() + 7) / 8;
    }

    static CpuSet read(HypercallBuffer bitmap, int bytes) {
        byte[] content = new byte[bytes];
        bitmap.bytes().get(0, content);
        return CpuSet.ofBitmap(content);
    }
}
