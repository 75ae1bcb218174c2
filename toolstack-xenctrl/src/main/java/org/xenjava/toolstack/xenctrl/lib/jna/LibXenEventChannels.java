// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib.jna;

/** {@code xenevtchn.h}. */
final class LibXenEventChannels {
    private LibXenEventChannels() {}

    static native long xenevtchn_open(long logger, int flags);

    static native int xenevtchn_close(long handle);

    static native int xenevtchn_fd(long handle);

    static native int xenevtchn_notify(long handle, int port);

    static native int xenevtchn_bind_unbound_port(long handle, int domid);

    static native int xenevtchn_bind_interdomain(long handle, int domid, int remotePort);

    static native int xenevtchn_bind_virq(long handle, int virq);

    static native int xenevtchn_unbind(long handle, int port);

    static native int xenevtchn_pending(long handle);

    static native int xenevtchn_unmask(long handle, int port);
}
