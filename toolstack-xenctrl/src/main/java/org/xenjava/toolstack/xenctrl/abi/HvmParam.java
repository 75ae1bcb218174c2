// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.abi;

/** HVM parameters, set with {@code hvm_op(HVMOP_set_param)} ({@code xen/include/public/hvm/params.h}). */
public enum HvmParam {
    CALLBACK_IRQ(0),
    STORE_PFN(1),
    STORE_EVTCHN(2),
    IOREQ_PFN(5),
    BUFIOREQ_PFN(6),
    VIRIDIAN(9),
    TIMER_MODE(10),
    HPET_ENABLED(11),
    /** A guest-physical address in bytes, not a gfn. */
    IDENT_PT(12),
    ACPI_S_STATE(14),
    VPT_ALIGN(16),
    CONSOLE_PFN(17),
    CONSOLE_EVTCHN(18),
    ACPI_IOPORTS_LOCATION(19),
    /** Settable up to Xen 4.14. */
    NESTEDHVM(24),
    PAGING_RING_PFN(27),
    MONITOR_RING_PFN(28),
    SHARING_RING_PFN(29),
    TRIPLE_FAULT_REASON(31),
    IOREQ_SERVER_PFN(32),
    NR_IOREQ_SERVER_PAGES(33),
    /** A guest-physical address in bytes. */
    VM_GENERATION_ID_ADDR(34),
    /** A parameter that can be set up to Xen 4.18. */
    ALTP2M(35),
    X87_FIP_WIDTH(36),
    VM86_TSS_SIZED(37),
    MCA_CAP(38);

    /** Sub-commands of {@code hvm_op}. */
    public static final int HVMOP_SET_PARAM = 0;

    public static final int HVMOP_GET_PARAM = 1;

    private final int index;

    HvmParam(int index) {
        this.index = index;
    }

    public int index() {
        return index;
    }
}
