// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.trace.call;

import java.util.Optional;
import org.xenjava.toolstack.trace.format.Request;
import org.xenjava.toolstack.xenctrl.abi.XenAbi;
import org.xenjava.toolstack.xenctrl.lib.HypercallBuffer;
import org.xenjava.toolstack.xenctrl.lib.XenCall;

/** {@link XenCall} through a channel. */
final class ChannelXenCall implements XenCall {
    private static final String NAME = "XenCall";

    private final CallChannel channel;
    private final Optional<XenAbi> abi;
    private final BufferTable buffers;

    ChannelXenCall(CallChannel channel, Optional<XenAbi> abi) {
        this.channel = channel;
        this.abi = abi;
        this.buffers = new BufferTable(channel);
    }

    @Override
    public int call(int op, long... args) {
        HypercallImage image = new HypercallImage(HypercallShape.of(abi, buffers, op, args), buffers, args);
        return channel.exchange(image.request(), image, xen -> xen.call().call(op, args));
    }

    @Override
    public HypercallBuffer allocBuffer(int bytes) {
        return channel.exchange(
                Request.of(NAME, "allocBuffer").with("bytes", bytes),
                buffers,
                xen -> buffers.add(xen.call().allocBuffer(bytes)));
    }

    @Override
    public void close() {
        channel.release(Request.of(NAME, "close"), xen -> xen.call().close());
    }
}
