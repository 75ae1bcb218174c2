// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.trace.call;

import java.util.Optional;
import org.xenjava.toolstack.trace.format.Request;
import org.xenjava.toolstack.xenctrl.lib.XenEventChannels;

/** {@link XenEventChannels} through a channel. */
final class ChannelEventChannels implements XenEventChannels {
    private static final String NAME = "XenEventChannels";

    private final CallChannel channel;

    ChannelEventChannels(CallChannel channel) {
        this.channel = channel;
    }

    @Override
    public int bindUnboundPort(int domid) {
        return channel.exchange(
                Request.of(NAME, "bindUnboundPort").with("domid", domid), Answer.NUMBER, xen -> xen.eventChannels()
                        .bindUnboundPort(domid));
    }

    @Override
    public int bindInterdomain(int domid, int remotePort) {
        return channel.exchange(
                Request.of(NAME, "bindInterdomain").with("domid", domid).with("remotePort", remotePort),
                Answer.NUMBER,
                xen -> xen.eventChannels().bindInterdomain(domid, remotePort));
    }

    @Override
    public int bindVirq(int virq) {
        return channel.exchange(
                Request.of(NAME, "bindVirq").with("virq", virq), Answer.NUMBER, xen -> xen.eventChannels()
                        .bindVirq(virq));
    }

    @Override
    public void unbind(int port) {
        channel.perform(Request.of(NAME, "unbind").with("port", port), xen -> xen.eventChannels()
                .unbind(port));
    }

    @Override
    public void notify(int port) {
        channel.perform(Request.of(NAME, "notify").with("port", port), xen -> xen.eventChannels()
                .notify(port));
    }

    @Override
    public int pending() {
        return channel.await(
                        Request.of(NAME, "pending"),
                        CallChannel.FOREVER,
                        Answer.NUMBER,
                        xen -> Optional.of(xen.eventChannels().pending()))
                .orElseThrow(() -> new IllegalStateException("no port fires any more in this recording"));
    }

    @Override
    public void unmask(int port) {
        channel.perform(Request.of(NAME, "unmask").with("port", port), xen -> xen.eventChannels()
                .unmask(port));
    }

    @Override
    public void close() {
        channel.release(Request.of(NAME, "close"), xen -> xen.eventChannels().close());
    }
}
