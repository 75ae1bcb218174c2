// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image.pv;

import org.xenjava.toolstack.xenctrl.abi.StructLayout;
import org.xenjava.toolstack.xenctrl.abi.XenAbi;
import org.xenjava.toolstack.xenctrl.abi.XenRelease;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * The first registers of vCPU 0 of a PV guest, as libxl sets them. The kernel brings up the other vCPUs by itself.
 */
public final class PvVcpu {
    private static final XenAbi ABI = XenAbi.of(XenRelease.V4_17).orElseThrow();
    private static final StructLayout CONTEXT = ABI.struct("vcpu_guest_context");
    private static final StructLayout REGISTERS = ABI.struct("cpu_user_regs");

    /** Selectors of Xen's flat segments for 64-bit kernels ({@code FLAT_KERNEL_CS}, {@code FLAT_KERNEL_SS}). */
    private static final int CODE_SELECTOR = 0xe033;

    private static final int STACK_SELECTOR = 0xe02b;

    private static final long INTERRUPTS_ENABLED = 0x200;
    private static final long DR6_INITIAL = 0xffff_0ff0L;
    private static final long DR7_INITIAL = 0x400;

    private PvVcpu() {}

    /**
     * The {@code struct vcpu_guest_context}.
     *
     * @param entry virtual address of the first instruction
     * @param root machine frame of the table of level 4
     */
    public static byte[] context(PvLayout layout, long entry, long root) {
        long stack = layout.addresses().of(layout.bootStack() + 1);
        byte[] registers = REGISTERS
                .allocate()
                .set("rsi", layout.addresses().of(layout.startInfo()))
                .set("rip", entry)
                .set("cs", CODE_SELECTOR)
                .set("rflags", INTERRUPTS_ENABLED)
                .set("rsp", stack)
                .set("ss", STACK_SELECTOR)
                .toBytes();
        return CONTEXT.allocate()
                .set("flags", ABI.constant("VGCF_in_kernel") | ABI.constant("VGCF_online"))
                .setBytes("user_regs", registers)
                .set("kernel_ss", STACK_SELECTOR)
                .set("kernel_sp", stack)
                .set("ctrlreg", 3, root << Pages.SHIFT)
                .set("debugreg", 6, DR6_INITIAL)
                .set("debugreg", 7, DR7_INITIAL)
                .toBytes();
    }
}
