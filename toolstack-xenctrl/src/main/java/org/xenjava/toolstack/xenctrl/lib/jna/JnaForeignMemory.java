// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib.jna;

import static org.xenjava.toolstack.xenctrl.lib.jna.NativeMemory.PAGE_BYTES;

import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.MappedPages;
import org.xenjava.toolstack.xenctrl.lib.Protection;
import org.xenjava.toolstack.xenctrl.lib.XenForeignMemory;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;

/** {@code libxenforeignmemory}. */
final class JnaForeignMemory implements XenForeignMemory {
    private static final int MAX_PAGES = Integer.MAX_VALUE / PAGE_BYTES;

    private final Handle handle;

    private JnaForeignMemory(long address) {
        handle = new Handle("libxenforeignmemory", address, () -> {}, LibXenForeignMemory::xenforeignmemory_close);
    }

    static JnaForeignMemory open() {
        SharedLibrary.XENFOREIGNMEMORY.load();
        long address = LibXenForeignMemory.xenforeignmemory_open(0, 0);
        if (address == 0) {
            throw OpenFailure.ofDevice("/dev/xen/privcmd", "xen-privcmd", Result.lastErrno());
        }
        return new JnaForeignMemory(address);
    }

    @Override
    public MappedPages map(int domid, Protection protection, long... gfns) {
        requirePages(gfns.length);
        return handle.use(h -> {
            String function = "xenforeignmemory_map";
            int[] errors = new int[gfns.length];
            long address = Result.notNull(
                    function,
                    LibXenForeignMemory.xenforeignmemory_map(h, domid, protection.bits(), gfns.length, gfns, errors));
            for (int error : errors) {
                if (error != 0) {
                    unmap(h, address, gfns.length);
                    throw new XenLibException(function, new Errno(Math.abs(error)));
                }
            }
            return handle.adopt(address, (long) gfns.length * PAGE_BYTES, owner -> unmap(owner, address, gfns.length));
        });
    }

    @Override
    public MappedPages mapResource(int domid, int type, int id, long frame, int frames, Protection protection) {
        Unsigned.require("domid", domid, 16);
        requirePages(frames);
        return handle.use(h -> {
            long[] address = new long[1];
            long resource = Result.notNull(
                    "xenforeignmemory_map_resource",
                    LibXenForeignMemory.xenforeignmemory_map_resource(
                            h, domid, type, id, frame, frames, address, protection.bits(), 0));
            return handle.adopt(
                    address[0],
                    (long) frames * PAGE_BYTES,
                    owner -> Result.notNegative(
                            "xenforeignmemory_unmap_resource",
                            LibXenForeignMemory.xenforeignmemory_unmap_resource(owner, resource)));
        });
    }

    @Override
    public void close() {
        handle.close();
    }

    private static void unmap(long handle, long address, long pages) {
        Result.notNegative(
                "xenforeignmemory_unmap", LibXenForeignMemory.xenforeignmemory_unmap(handle, address, pages));
    }

    private static void requirePages(int pages) {
        if (pages < 1 || pages > MAX_PAGES) {
            throw new IllegalArgumentException("a mapping has 1 … " + MAX_PAGES + " pages, not " + pages);
        }
    }
}
