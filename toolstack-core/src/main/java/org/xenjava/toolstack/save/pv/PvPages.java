// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.save.pv;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.BitSet;
import java.util.OptionalLong;
import org.xenjava.toolstack.error.DomainStateException;
import org.xenjava.toolstack.stream.PageType;
import org.xenjava.toolstack.stream.RecordWriter;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.lib.MappedPages;
import org.xenjava.toolstack.xenctrl.lib.Protection;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * The pages of a PV guest that is saved, by pfn. The contents of page tables have pfns in place of machine frames.
 */
public final class PvPages {
    /** Pfns that a guest may have beside its RAM: those below 4 GiB that belong to devices of the host, and some more. */
    private static final long MOST_BESIDE_RAM = (1L << 20) + 1024;

    /** The reserve of a kernel's list begins at a multiple of 1 GiB of memory. */
    private static final long STEP_PFNS = 1L << 18;

    /** The most frames that Xen takes in a call. */
    private static final int ASKED_AT_ONCE = 1024;

    private final Xenctrl xenctrl;
    private final int domid;
    private final long mostPfns;
    private long sharedInfo;
    private PvFrames frames = PvFrames.none();

    /** The type of each pfn: {@code XEN_DOMCTL_PFINFO_*} shifted down. */
    private byte[] types = {};

    /**
     * Names a guest, whose list of pages {@link #read} reads.
     *
     * @param size the largest size of the guest: {@code memory/static-max}
     */
    public PvPages(Xenctrl xenctrl, int domid, KiB size) {
        this.xenctrl = xenctrl;
        this.domid = domid;
        this.mostPfns = mostPfns(size);
    }

    /** {@return the number of pfns that a guest may have at most} */
    static long mostPfns(KiB size) {
        long pfns = size.toPages().count() + MOST_BESIDE_RAM;
        return (pfns + STEP_PFNS - 1) / STEP_PFNS * STEP_PFNS;
    }

    /**
     * Reads the guest's list of its pages, and writes to the stream where it is. The guest has suspended itself. Frames that
     * are no page of the guest for Xen, such as those of other domains, count as absent.
     *
     * @throws DomainStateException if the list cannot be read, or names a page twice
     */
    public void read(RecordWriter writer) throws IOException {
        sharedInfo = xenctrl.domains().sharedInfoFrame(domid);
        P2mList read = P2mList.read(xenctrl, domid, sharedInfo, mostPfns);
        OptionalLong twice = read.frames().claimedTwice();
        if (twice.isPresent()) {
            throw new DomainStateException(
                    "domain " + domid + ": two pages of the guest's list of its pages are at machine" + " frame 0x"
                            + Long.toHexString(twice.getAsLong()));
        }
        types = types(read.frames());
        frames = read.frames().without(absent(read.frames().present()));
        writer.write(new P2mList(frames, read.pages()).record(domid));
    }

    /** Asks Xen for the types of all pages. They stay the same while the guest is suspended. */
    private byte[] types(PvFrames known) {
        byte[] all = new byte[known.end()];
        Arrays.fill(all, (byte) PageType.ABSENT.xen());
        int[] pfns = known.present().stream().toArray();
        for (int from = 0; from < pfns.length; from += ASKED_AT_ONCE) {
            int[] some = Arrays.copyOfRange(pfns, from, Math.min(pfns.length, from + ASKED_AT_ONCE));
            int[] found = xenctrl.state()
                    .frameTypes(
                            domid, Arrays.stream(some).mapToLong(known::frame).toArray());
            for (int i = 0; i < some.length; i++) {
                all[some[i]] = (byte) found[i];
            }
        }
        return all;
    }

    private BitSet absent(BitSet pfns) {
        BitSet absent = new BitSet();
        pfns.stream().filter(pfn -> types[pfn] == PageType.ABSENT.xen()).forEach(absent::set);
        return absent;
    }

    /** {@return the first pfn behind the guest's memory} */
    public int end() {
        return frames.end();
    }

    /** {@return the pfns that have a page in the guest's list} */
    public BitSet present() {
        return frames.present();
    }

    /** {@return the page at a machine frame of the guest} */
    OptionalLong pfn(long frame) {
        return frames.pfn(frame);
    }

    /** Machine frame of the page that the guest shares with Xen. */
    long sharedInfo() {
        return sharedInfo;
    }

    /**
     * Returns the types of pages.
     *
     * @param pfns some pfns of the guest
     * @return {@code XEN_DOMCTL_PFINFO_*} shifted down, for each
     */
    public int[] types(long[] pfns) {
        return Arrays.stream(pfns).mapToInt(pfn -> types[(int) pfn]).toArray();
    }

    /**
     * Copies pages.
     *
     * @param pfns some pages, which have a machine frame
     * @param types the type of each
     * @return their contents, as a stream has them
     * @throws DomainStateException if a page table maps something else than its pages
     */
    public MappedPages contents(long[] pfns, PageType[] types) {
        ByteBuffer copy = ByteBuffer.allocate(pfns.length * Pages.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        try (MappedPages mapped =
                xenctrl.libraries().foreignMemory().map(domid, Protection.READ, frames.frames(pfns))) {
            copy.put(mapped.bytes().slice(0, copy.capacity()));
        }
        for (int i = 0; i < pfns.length; i++) {
            if (types[i].tableLevel() > 0) {
                normalise(pfns[i], types[i].tableLevel(), copy.slice(i * Pages.BYTES, Pages.BYTES));
            }
        }
        return new Copy(copy.clear());
    }

    private void normalise(long pfn, int level, ByteBuffer table) {
        int failed = PageTables.replace(level, table, frame -> frames.pfn(frame).orElse(PageTables.UNKNOWN));
        if (failed >= 0) {
            throw new DomainStateException(
                    "domain " + domid + ": entry " + failed + " of the guest's page table of level "
                            + level + " at pfn 0x" + Long.toHexString(pfn)
                            + " maps something else than a page of the guest, such as a page of another domain");
        }
    }

    /** Pages in this process. */
    private record Copy(ByteBuffer contents) implements MappedPages {
        @Override
        public ByteBuffer bytes() {
            return contents.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        }

        @Override
        public void close() {
            // No page of the guest is mapped.
        }
    }
}
