// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl;

import org.xenjava.toolstack.xenctrl.abi.Hypercall;
import org.xenjava.toolstack.xenctrl.abi.StructView;
import org.xenjava.toolstack.xenctrl.lib.HypercallBuffer;

/**
 * A hypercall with its argument in pinned memory: filled by the caller, issued, read back, closed.
 *
 * @param factory issues it
 * @param name its name in Xen's headers, for messages
 * @param domid the domain it is about, for messages
 * @param hypercall its number
 * @param args its arguments, the buffer's address among them
 * @param buffer the memory
 * @param header the struct that the hypercall takes
 * @param body the sub-command's part of it; the header itself if there is no other
 */
record PreparedCall(
        HypercallFactory factory,
        String name,
        int domid,
        Hypercall hypercall,
        long[] args,
        HypercallBuffer buffer,
        StructView header,
        StructView body)
        implements AutoCloseable {

    int issue() {
        return factory.issue(name, domid, hypercall, args);
    }

    @Override
    public void close() {
        buffer.close();
    }
}
