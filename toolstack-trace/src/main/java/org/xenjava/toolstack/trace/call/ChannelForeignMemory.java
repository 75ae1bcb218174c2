// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.trace.call;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.function.Function;
import java.util.stream.LongStream;
import org.xenjava.toolstack.trace.format.Request;
import org.xenjava.toolstack.trace.format.RunContent;
import org.xenjava.toolstack.xenctrl.lib.MappedPages;
import org.xenjava.toolstack.xenctrl.lib.Protection;
import org.xenjava.toolstack.xenctrl.lib.XenForeignMemory;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;

/** {@link XenForeignMemory} through a channel. Mappings are numbered in their order: {@code map#1}. */
final class ChannelForeignMemory implements XenForeignMemory {
    private static final String NAME = "XenForeignMemory";

    private final CallChannel channel;
    private final RunContent contents;
    private int mappings;

    ChannelForeignMemory(CallChannel channel, RunContent contents) {
        this.channel = channel;
        this.contents = contents;
    }

    @Override
    public MappedPages map(int domid, Protection protection, long... gfns) {
        Request request = Request.of(NAME, "map")
                .with("domid", domid)
                .with("protection", protection.name())
                .with("gfns", runs(gfns));
        return map(request, domid, protection, gfns, xen -> xen.foreignMemory().map(domid, protection, gfns));
    }

    @Override
    public MappedPages mapResource(int domid, int type, int id, long frame, int frames, Protection protection) {
        Request request = Request.of(NAME, "mapResource")
                .with("domid", domid)
                .with("type", type)
                .with("id", id)
                .with("frame", frame)
                .with("frames", frames)
                .with("protection", protection.name());
        return map(
                request,
                domid,
                protection,
                LongStream.range(frame, frame + frames).toArray(),
                xen -> xen.foreignMemory().mapResource(domid, type, id, frame, frames, protection));
    }

    @Override
    public void close() {
        channel.release(Request.of(NAME, "close"), xen -> xen.foreignMemory().close());
    }

    private MappedPages map(
            Request request,
            int domid,
            Protection protection,
            long[] frames,
            Function<XenLibraries, MappedPages> live) {
        Answer<ChannelPages> answer = new Answer<>() {
            @Override
            public JsonElement encode(ChannelPages pages) {
                JsonObject json = new JsonObject();
                json.addProperty("mapping", pages.name());
                json.add("content", pages.contentBefore());
                return json;
            }

            @Override
            public ChannelPages decode(JsonElement result) {
                JsonObject json = result.getAsJsonObject();
                HeapPages memory = HeapPages.of(frames.length, json.getAsJsonObject("content"), protection);
                return pages(memory, domid, protection, frames);
            }
        };
        return channel.exchange(request, answer, xen -> pages(live.apply(xen), domid, protection, frames));
    }

    /** Creates a mapping. The channel calls this for one mapping at a time. */
    private ChannelPages pages(MappedPages memory, int domid, Protection protection, long[] frames) {
        mappings++;
        return new ChannelPages(
                channel,
                "map#" + mappings,
                memory,
                new ChannelPages.Place(domid, frames.clone(), protection),
                contents);
    }

    /** Consecutive frames as {@code 0x1000+29}, single ones as {@code 0xfc008}. */
    private static JsonArray runs(long... frames) {
        JsonArray runs = new JsonArray();
        for (int from = 0; from < frames.length; ) {
            int end = from + 1;
            while (end < frames.length && frames[end] == frames[end - 1] + 1) {
                end++;
            }
            String first = "0x" + Long.toHexString(frames[from]);
            runs.add(end - from == 1 ? first : first + "+" + (end - from));
            from = end;
        }
        return runs;
    }
}
