// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.save.pv;

import java.nio.ByteBuffer;
import java.util.function.Consumer;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.abi.StructView;

/** Parts of a {@code struct vcpu_guest_context} whose meaning has no name in it. */
final class VcpuContext {
    /** The register in which a guest that has suspended itself has the frame of its start info. */
    static final String START_INFO = "rdx";

    /** The number of entries that a guest may have in its descriptor table ({@code FIRST_RESERVED_GDT_ENTRY}). */
    private static final long MOST_DESCRIPTORS = 14 * 512;

    private static final int PER_PAGE = 512;

    private VcpuContext() {}

    /** The general registers; a copy, if the context is not to change. */
    static StructView registers(Xenctrl xenctrl, StructView context) {
        return xenctrl.abi().struct("cpu_user_regs").at(ByteBuffer.wrap(context.getBytes("user_regs")), 0);
    }

    /** The number of pages of the descriptor table. */
    static int descriptorPages(StructView context, Consumer<String> complain) {
        long descriptors = context.get("gdt_ents");
        if (descriptors < 0 || descriptors > MOST_DESCRIPTORS) {
            complain.accept("its descriptor table has " + Long.toUnsignedString(descriptors) + " entries, more than "
                    + MOST_DESCRIPTORS);
            return 0;
        }
        return (int) ((descriptors + PER_PAGE - 1) / PER_PAGE);
    }
}
