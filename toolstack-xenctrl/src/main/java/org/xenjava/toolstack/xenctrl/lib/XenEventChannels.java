// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib;

/**
 * {@code libxenevtchn.so.1}: event channels whose local end is in this domain. Ports inside a guest are allocated
 * with the hypercall {@code EVTCHNOP_alloc_unbound} instead.
 */
public interface XenEventChannels extends AutoCloseable {
    /**
     * {@code xenevtchn_bind_unbound_port}: a local port that domain {@code domid} may bind to.
     *
     * @param domid the domain's number
     * @return the local port
     */
    int bindUnboundPort(int domid);

    /**
     * {@code xenevtchn_bind_interdomain}: a local port bound to {@code remotePort} of {@code domid}.
     *
     * @param domid the domain's number
     * @param remotePort the port in the other domain
     * @return the local port
     */
    int bindInterdomain(int domid, int remotePort);

    /**
     * {@code xenevtchn_bind_virq}: a local port that fires on the virtual IRQ.
     *
     * @param virq the number of the virtual interrupt
     * @return the local port
     */
    int bindVirq(int virq);

    /**
     * {@code xenevtchn_unbind}.
     *
     * @param port the port of an event channel
     */
    void unbind(int port);

    /**
     * {@code xenevtchn_notify}.
     *
     * @param port the port of an event channel
     */
    void notify(int port);

    /**
     * {@code xenevtchn_pending}: blocks until a port fires, and returns it masked.
     *
     * @return the masked port
     */
    int pending();

    /**
     * {@code xenevtchn_unmask}.
     *
     * @param port the port of an event channel
     */
    void unmask(int port);

    @Override
    void close();
}
