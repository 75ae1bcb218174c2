// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.stream.framed;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.xenjava.toolstack.stream.PageBatch;

/**
 * The frames that the receiver may not have: those behind the last {@value #REMEMBERED} bytes of a link, and
 * {@value #REMEMBERED_BESIDE} of each link beside it, which are more than the buffers of the links hold. Records are kept with their bytes, pages by their frame numbers only.
 */
final class SentFrames {
    /** 64 MiB. */
    static final long REMEMBERED = 64L << 20;

    /**
     * 16 MiB. While the frames of one link are late, those behind them fill the buffers of all others. Linux gives one connection
     * 4 MiB to send and 6 MiB to receive, {@code ssh} adds 2 MiB, and a receiver has one frame of 4 MiB.
     */
    static final long REMEMBERED_BESIDE = 16L << 20;

    private final long remembered;
    private final Deque<Sent> frames = new ArrayDeque<>();
    private long first;
    private long bytes;

    /**
     * Begins with a frame.
     *
     * @param first its number
     * @param streams the number of links that carry frames at once
     */
    SentFrames(long first, int streams) {
        this.first = first;
        this.remembered = REMEMBERED + (streams - 1) * REMEMBERED_BESIDE;
    }

    /**
     * One frame.
     *
     * @param record the body of a record; empty for pages
     * @param pfns the frame numbers of pages
     * @param bytes the shortest length on the link
     */
    record Sent(Optional<byte[]> record, long[] pfns, long bytes) {
        static Sent record(byte[] body) {
            return new Sent(Optional.of(body), new long[0], body.length);
        }

        static Sent pages(PageBatch batch) {
            long[] pfns = new long[batch.count()];
            for (int i = 0; i < pfns.length; i++) {
                pfns[i] = batch.pfn(i);
            }
            return new Sent(Optional.empty(), pfns, (long) pfns.length * Long.BYTES);
        }
    }

    /** Adds the next frame. */
    void add(Sent sent) {
        frames.add(sent);
        bytes += sent.bytes();
        while (bytes - frames.element().bytes() > remembered) {
            bytes -= frames.remove().bytes();
            first++;
        }
    }

    /** Removes the frames from a number on and returns them in their order; empty if some of them are forgotten. */
    Optional<List<Sent>> removeFrom(long number) {
        if (number < first || number > first + frames.size()) {
            return Optional.empty();
        }
        List<Sent> lost = new ArrayList<>();
        while (first + frames.size() > number) {
            Sent last = frames.removeLast();
            bytes -= last.bytes();
            lost.add(0, last);
        }
        return Optional.of(lost);
    }
}
