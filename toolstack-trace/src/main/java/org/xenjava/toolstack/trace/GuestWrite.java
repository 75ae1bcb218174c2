// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.trace;

import com.google.gson.JsonObject;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.xenjava.toolstack.trace.format.Failure;
import org.xenjava.toolstack.trace.format.HexText;
import org.xenjava.toolstack.trace.format.PageImage;
import org.xenjava.toolstack.trace.format.RunContent;
import org.xenjava.toolstack.trace.format.TraceLine;
import org.xenjava.toolstack.xenctrl.lib.Errno;

/**
 * The close of a mapping, with the pages that were written through it.
 *
 * @param sequence position in the trace, from 1
 * @param mapping the mapping's name, as in the result of the call that made it
 * @param domid owner of the pages
 * @param runs the pages that changed; empty if none did
 * @param failure the errno of a failed call
 */
public record GuestWrite(int sequence, String mapping, int domid, List<Run> runs, Optional<Errno> failure)
        implements TraceRecord {

    /**
     * Consecutive pages that changed, at most 4096.
     *
     * @param frame the first gfn, or frame of the resource
     * @param pages number of pages
     * @param sha256 SHA-256 of all their bytes, in hex
     * @param bytes the bytes, read-only, if the trace has them
     */
    public record Run(long frame, int pages, String sha256, Optional<ByteBuffer> bytes) {}

    /**
     * Copies the collections, so that the record is immutable.
     *
     * @param sequence position in the trace, from 1
     * @param mapping the mapping's name, as in the result of the call that made it
     * @param domid owner of the pages
     * @param runs the pages that changed; empty if none did
     * @param failure the errno of a failed call
     */
    public GuestWrite {
        runs = List.copyOf(runs);
    }

    static GuestWrite of(TraceLine line) {
        JsonObject in = line.request().arguments();
        List<Run> runs = new ArrayList<>();
        in.getAsJsonArray("written").forEach(run -> runs.add(run(run.getAsJsonObject())));
        return new GuestWrite(
                line.sequence(),
                in.get("mapping").getAsString(),
                in.get("domid").getAsInt(),
                runs,
                line.failure().map(Failure::errno));
    }

    private static Run run(JsonObject json) {
        long frame = Long.decode(json.get("frame").getAsString());
        int pages = json.get("pages").getAsInt();
        if (json.has("sha256")) {
            return new Run(frame, pages, json.get("sha256").getAsString(), Optional.empty());
        }
        byte[] text = HexText.parse(json.get("bytes").getAsString()).bytes();
        ByteBuffer bytes = ByteBuffer.wrap(Arrays.copyOf(text, Math.multiplyExact(pages, PageImage.PAGE_BYTES)))
                .asReadOnlyBuffer();
        return new Run(frame, pages, RunContent.sha256(bytes.duplicate()), Optional.of(bytes));
    }
}
