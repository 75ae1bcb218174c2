// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.trace.call;

import com.google.gson.JsonObject;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.xenjava.toolstack.trace.format.HexText;
import org.xenjava.toolstack.trace.format.PageImage;
import org.xenjava.toolstack.xenctrl.lib.MappedPages;
import org.xenjava.toolstack.xenctrl.lib.Protection;

/** Memory of a replay in place of mapped pages. */
record HeapPages(ByteBuffer memory) implements MappedPages {

    /** Creates zero pages with the content by page index. */
    static HeapPages of(int pages, JsonObject content, Protection protection) {
        ByteBuffer memory = ByteBuffer.allocate(Math.multiplyExact(pages, PageImage.PAGE_BYTES));
        content.entrySet()
                .forEach(page -> memory.put(
                        Integer.parseInt(page.getKey()) * PageImage.PAGE_BYTES,
                        HexText.parse(page.getValue().getAsString()).bytes()));
        return new HeapPages(protection == Protection.READ ? memory.asReadOnlyBuffer() : memory);
    }

    @Override
    public ByteBuffer bytes() {
        return memory.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    }

    @Override
    public void close() {}
}
