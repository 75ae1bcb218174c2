// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib.jna;

/** {@code xencall.h}. */
final class LibXenCall {
    private LibXenCall() {}

    static native long xencall_open(long logger, int flags);

    static native int xencall_close(long handle);

    static native int xencall0(long handle, int op);

    static native int xencall1(long handle, int op, long arg1);

    static native int xencall2(long handle, int op, long arg1, long arg2);

    static native int xencall3(long handle, int op, long arg1, long arg2, long arg3);

    static native int xencall4(long handle, int op, long arg1, long arg2, long arg3, long arg4);

    static native int xencall5(long handle, int op, long arg1, long arg2, long arg3, long arg4, long arg5);

    static native long xencall_alloc_buffer_pages(long handle, long pages);

    static native void xencall_free_buffer_pages(long handle, long address, long pages);
}
