// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib.jna;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.XenEventChannels;

/** {@code libxenevtchn}. */
final class JnaEventChannels implements XenEventChannels {
    private static final Duration FOR_EVER = ChronoUnit.FOREVER.getDuration();

    private final Object pendingTurn = new Object();
    private final Waiter waiter;
    private final Handle handle;

    private JnaEventChannels(long address, Waiter waiter) {
        this.waiter = waiter;
        handle = new Handle("libxenevtchn", address, waiter::stop, h -> {
            LibXenEventChannels.xenevtchn_close(h);
            waiter.close();
        });
    }

    static JnaEventChannels open() {
        SharedLibrary.XENEVTCHN.load();
        Waiter waiter = new Waiter();
        long address = LibXenEventChannels.xenevtchn_open(0, 0);
        if (address == 0) {
            Errno errno = Result.lastErrno();
            waiter.close();
            throw OpenFailure.ofDevice("/dev/xen/evtchn", "xen-evtchn", errno);
        }
        return new JnaEventChannels(address, waiter);
    }

    @Override
    public int bindUnboundPort(int domid) {
        return handle.useForInt(h -> Result.notNegative(
                "xenevtchn_bind_unbound_port", LibXenEventChannels.xenevtchn_bind_unbound_port(h, domid)));
    }

    @Override
    public int bindInterdomain(int domid, int remotePort) {
        return handle.useForInt(h -> Result.notNegative(
                "xenevtchn_bind_interdomain", LibXenEventChannels.xenevtchn_bind_interdomain(h, domid, remotePort)));
    }

    @Override
    public int bindVirq(int virq) {
        return handle.useForInt(
                h -> Result.notNegative("xenevtchn_bind_virq", LibXenEventChannels.xenevtchn_bind_virq(h, virq)));
    }

    @Override
    public void unbind(int port) {
        handle.useFor(h -> Result.notNegative("xenevtchn_unbind", LibXenEventChannels.xenevtchn_unbind(h, port)));
    }

    @Override
    public void notify(int port) {
        handle.useFor(h -> Result.notNegative("xenevtchn_notify", LibXenEventChannels.xenevtchn_notify(h, port)));
    }

    @Override
    public int pending() {
        return handle.useForInt(h -> {
            // One thread at a time: a second one would block in the read, where closing cannot reach it.
            synchronized (pendingTurn) {
                while (true) {
                    if (waiter.await(LibXenEventChannels.xenevtchn_fd(h), FOR_EVER) == Waiter.Outcome.STOPPED) {
                        throw new IllegalStateException("libxenevtchn was closed while this call waited");
                    }
                    int port = LibXenEventChannels.xenevtchn_pending(h);
                    if (port >= 0) {
                        return port;
                    }
                    if (!Result.lastErrno().equals(Errno.EINTR)) {
                        throw Result.failure("xenevtchn_pending");
                    }
                }
            }
        });
    }

    @Override
    public void unmask(int port) {
        handle.useFor(h -> Result.notNegative("xenevtchn_unmask", LibXenEventChannels.xenevtchn_unmask(h, port)));
    }

    @Override
    public void close() {
        handle.close();
    }
}
