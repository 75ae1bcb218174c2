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
import org.xenjava.toolstack.xenctrl.DomainInfo;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.lib.MappedPages;
import org.xenjava.toolstack.xenctrl.lib.Protection;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;

/** Writes pages of a domain to a stream and knows which frames it has written. Frames without a page are left out. */
final class PageSender {
    private static final int NORMAL = 0;
    private static final int BROKEN = 0xd;

    private final Xenctrl xenctrl;
    private final int domid;
    private final RecordWriter writer;
    private final Cancellation cancellation;
    private final BitSet sent = new BitSet();

    /** Includes what was sent before {@link #sendAll} started anew. */
    private final BitSet everSent = new BitSet();

    PageSender(Xenctrl xenctrl, int domid, RecordWriter writer, Cancellation cancellation) {
        this.xenctrl = xenctrl;
        this.domid = domid;
        this.writer = writer;
        this.cancellation = cancellation;
        writer.rereadingFrom(this::send);
    }

    /** Writes the pages where guests have them, and looks elsewhere if the domain owns more. A second call starts anew. */
    void sendAll(KiB size, DumpListener listener) throws IOException {
        sent.clear();
        send(SavedFrames.likely(size), listener);
        if (sent.cardinality() < owned()) {
            send(SavedFrames.others(size, xenctrl.state().maximumGfn(domid)), listener);
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
        long highest = xenctrl.state().maximumGfn(domid);
        boolean same = everSent.cardinality() == owned()
                ? FrameComparison.isSame(everSent, highest + 1, frames -> present(SavedFrames.windows(frames)))
                : present(size, highest).equals(everSent);
        if (!same) {
            throw new DomainStateException("domain " + domid + " got or gave up pages while its memory was copied;"
                    + " try again once its balloon driver has reached its target");
        }
    }

    /** All frames with a page. */
    private BitSet present(KiB size, long highest) {
        BitSet present = present(SavedFrames.likely(size));
        if (present.cardinality() < owned()) {
            present.or(present(SavedFrames.others(size, highest)));
        }
        return present;
    }

    private BitSet present(List<long[]> windows) {
        BitSet present = new BitSet();
        for (long[] window : windows) {
            int[] types = xenctrl.state().frameTypes(domid, window);
            for (int i = 0; i < window.length; i++) {
                if (types[i] == NORMAL || types[i] == BROKEN) {
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

    private void send(List<long[]> windows, DumpListener listener) throws IOException {
        long all = windows.stream().mapToLong(window -> window.length).sum();
        long looked = 0;
        for (long[] window : windows) {
            cancellation.check("saving domain " + domid);
            send(window, writer::write);
            looked += window.length;
            listener.onProgress(Pages.of(looked), Pages.of(all));
        }
    }

    private void send(long[] window, PageSource.Sink sink) throws IOException {
        if (window.length == 0) {
            return;
        }
        int[] types = xenctrl.state().frameTypes(domid, window);
        List<PageType> kept = new ArrayList<>();
        long[] frames = new long[window.length];
        long[] stored = new long[window.length];
        int storedPages = 0;
        for (int i = 0; i < window.length; i++) {
            if (types[i] == NORMAL || types[i] == BROKEN) {
                frames[kept.size()] = window[i];
                kept.add(types[i] == NORMAL ? PageType.NORMAL : PageType.BROKEN);
                sent.set((int) window[i]);
                everSent.set((int) window[i]);
            }
            if (types[i] == NORMAL) {
                stored[storedPages++] = window[i];
            }
        }
        if (!kept.isEmpty()) {
            write(
                    Arrays.copyOf(frames, kept.size()),
                    kept.toArray(PageType[]::new),
                    Arrays.copyOf(stored, storedPages),
                    sink);
        }
    }

    private void write(long[] pfns, PageType[] types, long[] stored, PageSource.Sink sink) throws IOException {
        if (stored.length == 0) {
            sink.write(PageBatch.of(pfns, types, ByteBuffer.allocate(0)));
            return;
        }
        try (MappedPages mapped = xenctrl.libraries().foreignMemory().map(domid, Protection.READ, stored)) {
            ByteBuffer contents = mapped.bytes().slice(0, stored.length * Pages.BYTES);
            sink.write(PageBatch.of(pfns, types, contents));
        }
    }
}
