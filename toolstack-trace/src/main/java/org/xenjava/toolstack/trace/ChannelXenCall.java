// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.trace;

import java.util.Optional;
import org.xenjava.toolstack.xenctrl.abi.XenAbi;
import org.xenjava.toolstack.xenctrl.lib.HypercallBuffer;
import org.xenjava.toolstack.xenctrl.lib.XenCall;

/** {@link XenCall} through a tape. */
final class ChannelXenCall implements XenCall {
    private static final String NAME = "XenCall";

    private final CallChannel tape;
    private final Optional<XenAbi> abi;
    private final BufferTable buffers;

    ChannelXenCall(CallChannel tape, Optional<XenAbi> abi) {
        this.tape = tape;
        this.abi = abi;
        this.buffers = new BufferTable(tape);
    }

    @Override
    public int call(int op, long... args) {
        HypercallImage image = new HypercallImage(HypercallShape.of(abi, buffers, op, args), buffers, args);
        return tape.exchange(image.request(), image, xen -> xen.call().call(op, args));
    }

    @Override
    public HypercallBuffer allocBuffer(int bytes) {
        return tape.exchange(
                Request.of(NAME, "allocBuffer").with("bytes", bytes),
                buffers,
                xen -> buffers.add(xen.call().allocBuffer(bytes)));
    }

    @Override
    public void close() {
        tape.release(Request.of(NAME, "close"), xen -> xen.call().close());
    }
}
