// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.abi;

/** Type codes of HVM save records ({@code xen/include/public/arch-x86/hvm/save.h}). */
public enum HvmSaveRecord {
    END(0),
    HEADER(1),
    CPU(2),
    MTRR(14);

    private final int typecode;

    HvmSaveRecord(int typecode) {
        this.typecode = typecode;
    }

    public int typecode() {
        return typecode;
    }
}
