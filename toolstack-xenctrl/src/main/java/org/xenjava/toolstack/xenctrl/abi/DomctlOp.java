// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.abi;

/**
 * Sub-commands of {@code domctl} ({@code xen/include/public/domctl.h}). A number keeps its meaning in later releases. A
 * comment says in which releases a sub-command exists.
 */
public enum DomctlOp {
    CREATEDOMAIN(1, "xen_domctl_createdomain"),
    DESTROYDOMAIN(2, ""),
    PAUSEDOMAIN(3, ""),
    UNPAUSEDOMAIN(4, ""),
    GETDOMAININFO(5, "xen_domctl_getdomaininfo"),
    SETVCPUAFFINITY(9, "xen_domctl_vcpuaffinity"),
    SHADOW_OP(10, "xen_domctl_shadow_op"),
    MAX_MEM(11, "xen_domctl_max_mem"),
    SETVCPUCONTEXT(12, "xen_domctl_vcpucontext"),
    GETVCPUCONTEXT(13, "xen_domctl_vcpucontext"),
    GETVCPUINFO(14, "xen_domctl_getvcpuinfo"),
    MAX_VCPUS(15, "xen_domctl_max_vcpus"),
    SCHEDULER_OP(16, "xen_domctl_scheduler_op"),
    SETDOMAINHANDLE(17, "xen_domctl_setdomainhandle"),
    IRQ_PERMISSION(19, "xen_domctl_irq_permission"),
    IOMEM_PERMISSION(20, "xen_domctl_iomem_permission"),
    IOPORT_PERMISSION(21, "xen_domctl_ioport_permission"),
    HYPERCALL_INIT(22, "xen_domctl_hypercall_init"),
    SETTIMEOFFSET(24, "xen_domctl_settimeoffset"),
    GETVCPUAFFINITY(25, "xen_domctl_vcpuaffinity"),
    RESUMEDOMAIN(27, ""),
    SENDTRIGGER(28, "xen_domctl_sendtrigger"),
    GETHVMCONTEXT(33, "xen_domctl_hvmcontext"),
    SETHVMCONTEXT(34, "xen_domctl_hvmcontext"),
    GET_ADDRESS_SIZE(36, "xen_domctl_address_size"),
    ASSIGN_DEVICE(37, "xen_domctl_assign_device"),
    MEMORY_MAPPING(39, "xen_domctl_memory_mapping"),
    IOPORT_MAPPING(40, "xen_domctl_ioport_mapping"),
    SET_EXT_VCPUCONTEXT(42, "xen_domctl_ext_vcpucontext"),
    GET_EXT_VCPUCONTEXT(43, "xen_domctl_ext_vcpucontext"),
    TEST_ASSIGN_DEVICE(45, "xen_domctl_assign_device"),
    DEASSIGN_DEVICE(47, "xen_domctl_assign_device"),
    GET_DEVICE_GROUP(50, "xen_domctl_get_device_group"),
    VM_EVENT_OP(56, "xen_domctl_vm_event_op"),
    GETTSCINFO(59, "xen_domctl_tsc_info"),
    SETTSCINFO(60, "xen_domctl_tsc_info"),
    GETPAGEFRAMEINFO3(61, "xen_domctl_getpageframeinfo3"),
    SETVCPUEXTSTATE(62, "xen_domctl_vcpuextstate"),
    GETVCPUEXTSTATE(63, "xen_domctl_vcpuextstate"),
    SETNODEAFFINITY(68, "xen_domctl_nodeaffinity"),
    GETNODEAFFINITY(69, "xen_domctl_nodeaffinity"),
    GET_VCPU_MSRS(72, "xen_domctl_vcpu_msrs"),
    SET_VCPU_MSRS(73, "xen_domctl_vcpu_msrs"),
    SETVNUMAINFO(74, "xen_domctl_vnuma"),
    GET_CPU_POLICY(82, "xen_domctl_cpu_policy"),
    SET_CPU_POLICY(83, "xen_domctl_cpu_policy"),
    /** Exists in 4.17 and later. */
    GET_PAGING_MEMPOOL_SIZE(85, "xen_domctl_paging_mempool"),
    /** Exists in 4.17 and later. */
    SET_PAGING_MEMPOOL_SIZE(86, "xen_domctl_paging_mempool"),
    /** Exists in 4.21 and later; the only stable sub-command. */
    GET_DOMAIN_STATE(90, "xen_domctl_get_domain_state");

    /** Offset of the sub-command's struct inside {@code xen_domctl}, in bytes. */
    public static final int UNION_OFFSET = 16;

    /** The domid with which createdomain chooses a free one. */
    public static final int DOMID_ANY = 0x7FF5;

    /** The owner of memory of devices, and of devices in quarantine. */
    public static final int DOMID_IO = 0x7FF1;

    /** Flags of createdomain ({@code XEN_DOMCTL_CDF_*}). */
    public static final int CDF_HVM = 0x1;

    public static final int CDF_HAP = 0x2;

    /** Devices may be assigned to the domain. */
    public static final int CDF_IOMMU = 0x20;

    /** Bit of {@code iommu_opts}: the IOMMU has page tables of its own. */
    public static final int IOMMU_NO_SHAREPT = 0x1;

    /** From Xen 4.15 on. */
    public static final int CDF_NESTED_VIRT = 0x40;

    /** From Xen 4.16 on. */
    public static final int CDF_VPMU = 0x80;

    /** Bit of {@code arch.misc_flags}. */
    public static final int MSR_RELAXED = 0x1;

    /** An HVM guest may take interrupts as event channels; optional from Xen 4.19 on. */
    public static final int EMU_USE_PIRQ = 0x200;

    /** Emulation flags of createdomain ({@code XEN_X86_EMU_*}): a local APIC only, the machine of PVH. */
    public static final int EMU_LAPIC = 0x1;

    /** Bits of get_domain_state's answer ({@code XEN_DOMCTL_GETDOMSTATE_STATE_*}). */
    public static final int GETDOMSTATE_STATE_EXIST = 0x1;

    public static final int GETDOMSTATE_STATE_SHUTDOWN = 0x2;
    public static final int GETDOMSTATE_STATE_DYING = 0x4;
    public static final int GETDOMSTATE_STATE_DEAD = 0x8;

    /** Operations of shadow_op on the log of written frames ({@code XEN_DOMCTL_SHADOW_OP_*}). */
    public static final int SHADOW_OP_OFF = 0;

    public static final int SHADOW_OP_ENABLE_LOGDIRTY = 2;
    public static final int SHADOW_OP_CLEAN = 11;
    public static final int SHADOW_OP_PEEK = 12;

    /** Mode of CLEAN and PEEK: frames that Xen itself keeps mapped count as written. */
    public static final int SHADOW_LOGDIRTY_FINAL = 1;

    /** The operation of shadow_op on the paging pool before 4.17 ({@code XEN_DOMCTL_SHADOW_OP_SET_ALLOCATION}). */
    public static final int SHADOW_OP_SET_ALLOCATION = 31;

    /** Triggers of sendtrigger ({@code XEN_DOMCTL_SENDTRIGGER_*}). On x86 Xen supports neither reset nor INIT. */
    public static final int SENDTRIGGER_NMI = 0;

    public static final int SENDTRIGGER_RESET = 1;
    public static final int SENDTRIGGER_INIT = 2;
    public static final int SENDTRIGGER_POWER = 3;
    public static final int SENDTRIGGER_SLEEP = 4;

    /** Flags of setvcpuaffinity and getvcpuaffinity ({@code XEN_VCPUAFFINITY_*}). */
    public static final int VCPUAFFINITY_HARD = 1;

    public static final int VCPUAFFINITY_SOFT = 2;
    public static final int VCPUAFFINITY_FORCE = 4;

    /** Operations of scheduler_op, that of sysctl too ({@code XEN_DOMCTL_SCHEDOP_*}). */
    public static final int SCHEDOP_PUTINFO = 0;

    public static final int SCHEDOP_GETINFO = 1;

    /** Operations of vm_event_op ({@code XEN_VM_EVENT_*}). */
    public static final int VM_EVENT_ENABLE = 0;

    public static final int VM_EVENT_DISABLE = 1;
    public static final int VM_EVENT_RESUME = 2;

    /** The ring of vm_event_op that monitors use; the others are for paging and sharing. */
    public static final int VM_EVENT_OP_MONITOR = 2;

    /** Flags of getdomaininfo ({@code XEN_DOMINF_*}); bits 16-23 are the shutdown reason. */
    public static final int DOMINF_DYING = 0x1;

    public static final int DOMINF_HVM_GUEST = 0x2;
    public static final int DOMINF_SHUTDOWN = 0x4;
    public static final int DOMINF_PAUSED = 0x8;
    public static final int DOMINF_BLOCKED = 0x10;
    public static final int DOMINF_RUNNING = 0x20;
    public static final int DOMINF_HAP = 0x100;
    public static final int DOMINF_SHUTDOWN_SHIFT = 16;

    private final int number;
    private final String struct;

    DomctlOp(int number, String struct) {
        this.number = number;
        this.struct = struct;
    }

    public int number() {
        return number;
    }

    /** The tag of the union member's struct; empty if the command has none. */
    public String struct() {
        return struct;
    }
}
