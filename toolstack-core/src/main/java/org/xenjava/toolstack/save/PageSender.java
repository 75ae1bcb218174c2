// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.save;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import org.xenjava.toolstack.error.DomainStateException;
import org.xenjava.toolstack.progress.Cancellation;
import org.xenjava.toolstack.progress.DumpListener;
import org.xenjava.toolstack.stream.PageBatch;
import org.xenjava.toolstack.stream.PageSource;
import org.xenjava.toolstack.stream.PageType;
import org.xenjava.toolstack.stream.RecordWriter;
import org.xenjava.toolstack.stream.StreamRecord;
import org.xenjava.toolstack.xenctrl.DomainInfo;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.lib.MappedPages;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;

/** Writes pages of a domain to a stream and knows which frames it has written. Frames without a page are left out. */
final class PageSender {
    private final Xenctrl xenctrl;
    private final int domid;
    private final FrameSource source;
    private final RecordWriter writer;
    private final Cancellation cancellation;
    private final BitSet sent = new BitSet();

    /** Includes what was sent before {@link #sendAll} started anew. */
    private final BitSet everSent = new BitSet();

    PageSender(Xenctrl xenctrl, int domid, FrameSource source, RecordWriter writer, Cancellation cancellation) {
        this.xenctrl = xenctrl;
        this.domid = domid;
        this.source = source;
        this.writer = writer;
        this.cancellation = cancellation;
        writer.rereadingFrom(this::send);
    }

    /** Writes the pages where guests have them, and looks elsewhere if the domain owns more. A second call starts anew. */
    void sendAll(KiB size, DumpListener listener) throws IOException {
        sent.clear();
        source.refresh(writer);
        send(source.likely(size), listener);
        long owned = owned();
        if (sent.cardinality() < owned) {
            send(source.others(size), listener, owned);
        }
    }

    /** @throws DomainStateException if the domain owns pages that are at no frame */
    void requireAll() {
        long owned = owned();
        if (sent.cardinality() < owned) {
            throw new DomainStateException("domain " + domid + " owns " + owned + " pages, of which only "
                    + sent.cardinality() + " are at a frame; the rest cannot be saved");
        }
    }

    /**
     * Compares the frames of a stopped guest with those that were sent. The number of pages does not show that one was
     * given up while another came.
     *
     * @throws DomainStateException if a page was never sent, or one was sent that the guest has given up, which would stay
     *     on the other host
     */
    void requireSameFrames(KiB size) {
        long end = source.end();
        boolean same = everSent.cardinality() == owned()
                ? FrameComparison.isSame(everSent, end, frames -> present(SavedFrames.windows(frames)))
                : present(size).equals(everSent);
        if (!same) {
            throw new DomainStateException("domain " + domid + " got or gave up pages while its memory was copied;"
                    + " try again once its balloon driver has reached its target");
        }
    }

    /** All frames with a page. */
    private BitSet present(KiB size) {
        long owned = owned();
        BitSet present = present(source.likely(size));
        if (present.cardinality() < owned) {
            for (long[] window : source.others(size)) {
                present.or(present(List.of(window)));
                if (present.cardinality() >= owned) {
                    break;
                }
            }
        }
        return present;
    }

    private BitSet present(List<long[]> windows) {
        BitSet present = new BitSet();
        for (long[] window : windows) {
            int[] types = source.types(window);
            for (int i = 0; i < window.length; i++) {
                if (isPage(type(types[i]))) {
                    present.set((int) window[i]);
                }
            }
        }
        return present;
    }

    /** The number of pages that were sent with their contents so far. */
    long stored() {
        return writer.storedPages();
    }

    /** Names what happens around each time without a link. */
    void aroundOutages(Runnable lost, Runnable replaced) {
        writer.aroundOutages(lost, replaced);
    }

    /** The time for which no link led to the other end. */
    long outageNanos() {
        return writer.outageNanos();
    }

    /** The number of pages that the domain owns. */
    long owned() {
        return xenctrl.domains()
                .info(domid)
                .map(DomainInfo::totPages)
                .orElseThrow(() -> new DomainStateException("domain " + domid + " is gone"));
    }

    /** Writes the pages of some frames. */
    void send(BitSet frames, DumpListener listener) throws IOException {
        send(SavedFrames.windows(frames), listener);
    }

    /** Writes all pages again, for a comparison with what the other end has. The guest stands still. */
    void sendForComparison(DumpListener listener) throws IOException {
        writer.write(new StreamRecord.Verify());
        listener.onProgress(Pages.ZERO, Pages.of(sent.cardinality()));
        send((BitSet) sent.clone(), listener);
    }

    private void send(List<long[]> windows, DumpListener listener) throws IOException {
        send(windows, listener, Long.MAX_VALUE);
    }

    /** Writes the pages of some frames. No frame is left that has a page once {@code owned} pages have been written. */
    private void send(List<long[]> windows, DumpListener listener, long owned) throws IOException {
        long all = windows.stream().mapToLong(window -> window.length).sum();
        long looked = 0;
        for (long[] window : windows) {
            cancellation.check("saving domain " + domid);
            send(window, writer::write);
            looked = sent.cardinality() < owned ? looked + window.length : all;
            if (looked == all) {
                // The time of the last pages counts, too.
                writer.flush();
            }
            listener.onProgress(Pages.of(looked), Pages.of(all));
            if (looked == all) {
                return;
            }
        }
    }

    private void send(long[] window, PageSource.Sink sink) throws IOException {
        if (window.length == 0) {
            return;
        }
        int[] types = source.types(window);
        List<PageType> kept = new ArrayList<>();
        List<PageType> storedTypes = new ArrayList<>();
        long[] frames = new long[window.length];
        long[] stored = new long[window.length];
        for (int i = 0; i < window.length; i++) {
            PageType type = type(types[i]);
            if (isPage(type)) {
                frames[kept.size()] = window[i];
                kept.add(type);
                sent.set((int) window[i]);
                everSent.set((int) window[i]);
            }
            if (type.hasContent()) {
                stored[storedTypes.size()] = window[i];
                storedTypes.add(type);
            }
        }
        if (!kept.isEmpty()) {
            write(
                    Arrays.copyOf(frames, kept.size()),
                    kept.toArray(PageType[]::new),
                    Arrays.copyOf(stored, storedTypes.size()),
                    storedTypes.toArray(PageType[]::new),
                    sink);
        }
    }

    private PageType type(int number) {
        return PageType.of(number)
                .orElseThrow(() -> new DomainStateException(
                        "domain " + domid + " has a page of type " + number + ", which no stream can have"));
    }

    private static boolean isPage(PageType type) {
        return type.hasContent() || type == PageType.BROKEN;
    }

    private void write(long[] pfns, PageType[] types, long[] stored, PageType[] storedTypes, PageSource.Sink sink)
            throws IOException {
        if (stored.length == 0) {
            sink.write(PageBatch.of(pfns, types, ByteBuffer.allocate(0)));
            return;
        }
        try (MappedPages mapped = source.contents(stored, storedTypes)) {
            ByteBuffer contents = mapped.bytes().slice(0, stored.length * Pages.BYTES);
            sink.write(PageBatch.of(pfns, types, contents));
        }
    }
}
