// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create;

import java.nio.ByteBuffer;
import java.util.function.Consumer;
import org.xenjava.toolstack.image.GuestMemory;
import org.xenjava.toolstack.xenctrl.lib.MappedPages;
import org.xenjava.toolstack.xenctrl.lib.Protection;
import org.xenjava.toolstack.xenctrl.lib.XenForeignMemory;

/** A domain's memory, written through short-lived mappings. */
final class ForeignGuestMemory implements GuestMemory {
    private final XenForeignMemory foreignMemory;
    private final int domid;

    ForeignGuestMemory(XenForeignMemory foreignMemory, int domid) {
        this.foreignMemory = foreignMemory;
        this.domid = domid;
    }

    @Override
    public void write(long[] gfns, Consumer<ByteBuffer> writer) {
        try (MappedPages mapped = foreignMemory.map(domid, Protection.READ_WRITE, gfns)) {
            writer.accept(mapped.bytes());
        }
    }
}
