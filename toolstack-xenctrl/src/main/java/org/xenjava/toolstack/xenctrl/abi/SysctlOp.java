// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.abi;

/** Sub-commands of {@code sysctl} ({@code xen/include/public/sysctl.h}). */
public enum SysctlOp {
    READCONSOLE(1, "xen_sysctl_readconsole"),
    PHYSINFO(3, "xen_sysctl_physinfo"),
    SCHED_ID(4, "xen_sysctl_sched_id"),
    GETDOMAININFOLIST(6, "xen_sysctl_getdomaininfolist"),
    DEBUG_KEYS(7, "xen_sysctl_debug_keys"),
    CPUTOPOINFO(16, "xen_sysctl_cputopoinfo"),
    NUMAINFO(17, "xen_sysctl_numainfo"),
    CPUPOOL_OP(18, "xen_sysctl_cpupool_op"),
    SCHEDULER_OP(19, "xen_sysctl_scheduler_op"),
    PCITOPOINFO(22, "xen_sysctl_pcitopoinfo"),
    GET_CPU_POLICY(29, "xen_sysctl_cpu_policy");

    /** Offset of the sub-command's struct inside {@code xen_sysctl}, in bytes. */
    public static final int UNION_OFFSET = 8;

    /** Index of get_cpu_policy: the host's own policy. */
    public static final int CPU_POLICY_HOST = 1;

    /** Index of get_cpu_policy: the default policy of PV domains. */
    public static final int CPU_POLICY_PV_DEFAULT = 4;

    /** Index of get_cpu_policy: the default policy of HVM and PVH domains. */
    public static final int CPU_POLICY_HVM_DEFAULT = 5;

    /** What cpupool_op does ({@code XEN_SYSCTL_CPUPOOL_OP_*}). */
    public static final int CPUPOOL_OP_CREATE = 1;

    public static final int CPUPOOL_OP_DESTROY = 2;
    public static final int CPUPOOL_OP_INFO = 3;
    public static final int CPUPOOL_OP_ADDCPU = 4;
    public static final int CPUPOOL_OP_RMCPU = 5;
    public static final int CPUPOOL_OP_MOVEDOMAIN = 6;
    public static final int CPUPOOL_OP_FREEINFO = 7;

    /** Capability bits of physinfo. */
    public static final int PHYSCAP_HVM = 0x1;

    public static final int PHYSCAP_PV = 0x2;
    public static final int PHYSCAP_DIRECTIO = 0x4;
    public static final int PHYSCAP_HAP = 0x8;
    public static final int PHYSCAP_SHADOW = 0x10;
    public static final int PHYSCAP_IOMMU_HAP_PT_SHARE = 0x20;
    public static final int PHYSCAP_VMTRACE = 0x40;
    public static final int PHYSCAP_VPMU = 0x80;
    public static final int PHYSCAP_GNTTAB_V1 = 0x100;
    public static final int PHYSCAP_GNTTAB_V2 = 0x200;

    private final int number;
    private final String struct;

    SysctlOp(int number, String struct) {
        this.number = number;
        this.struct = struct;
    }

    public int number() {
        return number;
    }

    /** The tag of the union member's struct. */
    public String struct() {
        return struct;
    }
}
