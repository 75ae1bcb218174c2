// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image;

import org.xenjava.toolstack.xenctrl.abi.StructLayout;
import org.xenjava.toolstack.xenctrl.abi.XenAbi;
import org.xenjava.toolstack.xenctrl.abi.XenRelease;

/**
 * Layouts of the structures that a guest reads, and of its saved state. They are the same in every release from Xen
 * 4.14 on.
 */
final class GuestStructs {
    private static final XenAbi ABI = XenAbi.of(XenRelease.V4_17).orElseThrow();

    static final StructLayout START_INFO = ABI.struct("hvm_start_info");
    static final StructLayout MODULE = ABI.struct("hvm_modlist_entry");
    static final StructLayout MEMORY_MAP_ENTRY = ABI.struct("hvm_memmap_table_entry");

    static final StructLayout HVM_INFO = ABI.struct("hvm_info_table");

    static final StructLayout SAVE_DESCRIPTOR = ABI.struct("hvm_save_descriptor");
    static final StructLayout SAVE_HEADER = ABI.struct("hvm_save_header");
    static final StructLayout SAVED_CPU = ABI.struct("hvm_hw_cpu");
    static final StructLayout SAVED_MTRR = ABI.struct("hvm_hw_mtrr");

    private GuestStructs() {}
}
