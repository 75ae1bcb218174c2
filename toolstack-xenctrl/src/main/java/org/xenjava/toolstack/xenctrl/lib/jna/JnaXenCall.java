// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib.jna;

import static org.xenjava.toolstack.xenctrl.lib.jna.NativeMemory.PAGE_BYTES;

import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.xenjava.toolstack.xenctrl.lib.HypercallBuffer;
import org.xenjava.toolstack.xenctrl.lib.XenCall;

/**
 * {@code libxencall}. Buffers of one page, which nearly every hypercall takes, are kept for the next one: C is called
 * for neither their allocation nor their release.
 */
final class JnaXenCall implements XenCall {
    private static final int KEPT_PAGES = 16;
    private static final byte[] ZEROES = new byte[PAGE_BYTES];

    private final Handle handle;
    private final BlockingQueue<Long> keptPages = new ArrayBlockingQueue<>(KEPT_PAGES);

    private JnaXenCall(long address) {
        handle = new Handle("libxencall", address, () -> {}, this::freeAndClose);
    }

    private void freeAndClose(long h) {
        keptPages.forEach(page -> LibXenCall.xencall_free_buffer_pages(h, page, 1));
        LibXenCall.xencall_close(h);
    }

    static JnaXenCall open() {
        SharedLibrary.XENCALL.load();
        long address = LibXenCall.xencall_open(0, 0);
        if (address == 0) {
            throw OpenFailure.ofDevice("/dev/xen/privcmd", "xen-privcmd", Result.lastErrno());
        }
        return new JnaXenCall(address);
    }

    @Override
    public int call(int op, long... args) {
        return handle.useForInt(h -> Result.notNegative("hypercall " + op, issue(h, op, args)));
    }

    private static int issue(long h, int op, long[] a) {
        return switch (a.length) {
            case 0 -> LibXenCall.xencall0(h, op);
            case 1 -> LibXenCall.xencall1(h, op, a[0]);
            case 2 -> LibXenCall.xencall2(h, op, a[0], a[1]);
            case 3 -> LibXenCall.xencall3(h, op, a[0], a[1], a[2]);
            case 4 -> LibXenCall.xencall4(h, op, a[0], a[1], a[2], a[3]);
            case 5 -> LibXenCall.xencall5(h, op, a[0], a[1], a[2], a[3], a[4]);
            default -> throw new IllegalArgumentException("a hypercall takes at most 5 arguments, not " + a.length);
        };
    }

    @Override
    public HypercallBuffer allocBuffer(int bytes) {
        if (bytes < 1 || bytes > Integer.MAX_VALUE - PAGE_BYTES) {
            throw new IllegalArgumentException("a hypercall buffer has 1 byte to 2 GiB, not " + bytes);
        }
        long pages = (bytes + PAGE_BYTES - 1) / PAGE_BYTES;
        return handle.use(h -> pages == 1 ? onePage(h) : severalPages(h, pages));
    }

    private HypercallBuffer severalPages(long h, long pages) {
        long address = allocate(h, pages);
        return handle.adopt(
                address, pages * PAGE_BYTES, owner -> LibXenCall.xencall_free_buffer_pages(owner, address, pages));
    }

    private HypercallBuffer onePage(long h) {
        Long kept = keptPages.poll();
        long address = kept == null ? allocate(h, 1) : kept;
        NativeMemory page = handle.adopt(address, PAGE_BYTES, owner -> keep(owner, address));
        if (kept != null) {
            page.bytes().put(0, ZEROES);
        }
        return page;
    }

    private void keep(long h, long page) {
        if (!keptPages.offer(page)) {
            LibXenCall.xencall_free_buffer_pages(h, page, 1);
        }
    }

    private static long allocate(long h, long pages) {
        return Result.notNull("xencall_alloc_buffer_pages", LibXenCall.xencall_alloc_buffer_pages(h, pages));
    }

    @Override
    public void close() {
        handle.close();
    }
}
