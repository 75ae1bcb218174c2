// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.trace.call;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.xenjava.toolstack.trace.format.HexText;
import org.xenjava.toolstack.trace.format.PageImage;
import org.xenjava.toolstack.trace.format.Request;
import org.xenjava.toolstack.trace.format.RunContent;
import org.xenjava.toolstack.xenctrl.lib.MappedPages;
import org.xenjava.toolstack.xenctrl.lib.Protection;

/** Mapped pages with a name. Closing them finds the written pages and records or checks them. */
final class ChannelPages implements MappedPages {
    /** The longest run, which limits the length of its hex text. */
    private static final int LONGEST_RUN_PAGES = 4096;

    private final CallChannel channel;
    private final String name;
    private final MappedPages memory;
    private final Place place;
    private final RunContent contents;
    private final PageImage before;
    private boolean closed;

    /** The domain and the frames of the pages: gfns, or frames of a resource. */
    record Place(int domid, long[] frames, Protection protection) {}

    ChannelPages(CallChannel channel, String name, MappedPages memory, Place place, RunContent contents) {
        this.channel = channel;
        this.name = name;
        this.memory = memory;
        this.place = place;
        this.contents = contents;
        this.before = new PageImage(memory.bytes());
    }

    String name() {
        return name;
    }

    /** The content of the pages when they were mapped, by page index, without zero pages. */
    JsonObject contentBefore() {
        JsonObject content = new JsonObject();
        before.nonZero()
                .forEach((page, bytes) -> content.addProperty(
                        Integer.toString(page), HexText.of(bytes.array()).withoutTrailingZeros()));
        return content;
    }

    @Override
    public synchronized ByteBuffer bytes() {
        if (closed) {
            throw new IllegalStateException(name + " is closed");
        }
        return memory.bytes().order(ByteOrder.LITTLE_ENDIAN);
    }

    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        if (channel.isOpen()) {
            Request request = Request.of("MappedPages", "close")
                    .with("mapping", name)
                    .with("domid", place.domid())
                    .with("written", written());
            channel.release(request, xen -> memory.close());
        }
    }

    private JsonArray written() {
        JsonArray runs = new JsonArray();
        if (place.protection() == Protection.READ) {
            return runs;
        }
        ByteBuffer now = memory.bytes();
        int pages = now.capacity() / PageImage.PAGE_BYTES;
        for (int from = 0; from < pages; ) {
            int end = from;
            while (end < pages && before.differs(now, end) && continues(from, end)) {
                end++;
            }
            if (end > from) {
                runs.add(run(now, from, end));
            }
            from = Math.max(end, from + 1);
        }
        return runs;
    }

    private boolean continues(int from, int page) {
        return page - from < LONGEST_RUN_PAGES && place.frames()[page] == place.frames()[from] + page - from;
    }

    private JsonObject run(ByteBuffer now, int from, int end) {
        ByteBuffer bytes = now.slice(from * PageImage.PAGE_BYTES, (end - from) * PageImage.PAGE_BYTES);
        JsonObject run = new JsonObject();
        run.addProperty("frame", "0x" + Long.toHexString(place.frames()[from]));
        run.addProperty("pages", end - from);
        contents.addTo(run, bytes);
        return run;
    }
}
