// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib.jna;

/** {@code xenstore.h}. Strings are NUL-terminated; what a function returns by pointer is freed with {@code free}. */
final class LibXenStore {
    private LibXenStore() {}

    static native long xs_open(long flags);

    static native void xs_close(long handle);

    static native long xs_read(long handle, int transaction, byte[] path, int[] lengthOut);

    static native byte xs_write(long handle, int transaction, byte[] path, byte[] value, int length);

    static native byte xs_mkdir(long handle, int transaction, byte[] path);

    static native byte xs_rm(long handle, int transaction, byte[] path);

    static native long xs_directory(long handle, int transaction, byte[] path, int[] countOut);

    static native long xs_get_permissions(long handle, int transaction, byte[] path, int[] countOut);

    static native byte xs_set_permissions(long handle, int transaction, byte[] path, int[] permissions, int count);

    static native int xs_transaction_start(long handle);

    static native byte xs_transaction_end(long handle, int transaction, byte abort);

    static native byte xs_watch(long handle, byte[] path, byte[] token);

    static native byte xs_unwatch(long handle, byte[] path, byte[] token);

    static native int xs_fileno(long handle);

    static native long xs_check_watch(long handle);

    static native byte xs_introduce_domain(long handle, int domid, long gfn, int port);

    static native byte xs_release_domain(long handle, int domid);

    static native byte xs_resume_domain(long handle, int domid);

    static native byte xs_is_domain_introduced(long handle, int domid);

    static native long xs_get_domain_path(long handle, int domid);
}
