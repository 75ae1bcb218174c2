// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib.jna;

/** {@code xenforeignmemory.h}. */
final class LibXenForeignMemory {
    private LibXenForeignMemory() {}

    static native long xenforeignmemory_open(long logger, int flags);

    static native int xenforeignmemory_close(long handle);

    static native long xenforeignmemory_map(long handle, int domid, int prot, long pages, long[] gfns, int[] errors);

    static native int xenforeignmemory_unmap(long handle, long address, long pages);

    static native long xenforeignmemory_map_resource(
            long handle, int domid, int type, int id, long frame, long frames, long[] addressOut, int prot, int flags);

    static native int xenforeignmemory_unmap_resource(long handle, long resource);
}
