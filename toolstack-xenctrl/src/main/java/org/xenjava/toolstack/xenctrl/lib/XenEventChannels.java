// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib;

/**
 * {@code libxenevtchn.so.1}: event channels whose local end is in this domain. Ports inside a guest are allocated
 * with the hypercall {@code EVTCHNOP_alloc_unbound} instead.
 */
public interface XenEventChannels extends AutoCloseable {
    /** {@code xenevtchn_bind_unbound_port}: a local port that domain {@code domid} may bind to. */
    int bindUnboundPort(int domid);

    /** {@code xenevtchn_bind_interdomain}: a local port bound to {@code remotePort} of {@code domid}. */
    int bindInterdomain(int domid, int remotePort);

    /** {@code xenevtchn_bind_virq}: a local port that fires on the virtual IRQ. */
    int bindVirq(int virq);

    /** {@code xenevtchn_unbind}. */
    void unbind(int port);

    /** {@code xenevtchn_notify}. */
    void notify(int port);

    /** {@code xenevtchn_pending}: blocks until a port fires, and returns it masked. */
    int pending();

    /** {@code xenevtchn_unmask}. */
    void unmask(int port);

    @Override
    void close();
}
