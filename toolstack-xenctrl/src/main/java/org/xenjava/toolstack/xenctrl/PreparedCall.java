// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl;

import org.xenjava.toolstack.xenctrl.abi.Hypercall;
import org.xenjava.toolstack.xenctrl.abi.StructView;
import org.xenjava.toolstack.xenctrl.lib.HypercallBuffer;

/**
 * A hypercall with its argument in pinned memory: filled by the caller, issued, read back, closed.
 *
 * @param factory issues the call
 * @param name name of the call in Xen's headers, for messages
 * @param domid number of the domain, for messages
 * @param hypercall number of the hypercall
 * @param args the arguments, with the buffer's address
 * @param buffer the pinned memory
 * @param header the struct of the hypercall
 * @param body the sub-command's part of the header; the header itself if there is none
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
