// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.save;

import java.io.IOException;
import java.util.List;
import org.xenjava.toolstack.save.pv.PvPages;
import org.xenjava.toolstack.save.pv.SavedVcpus;
import org.xenjava.toolstack.stream.PageType;
import org.xenjava.toolstack.stream.PvRecord;
import org.xenjava.toolstack.stream.RecordWriter;
import org.xenjava.toolstack.stream.StreamRecord.DomainKind;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.lib.MappedPages;
import org.xenjava.toolstack.xenctrl.units.KiB;

/** The pages and the vCPUs of a 64-bit PV guest. */
final class PvSavedState implements SavedState, FrameSource {
    private static final PvRecord.Info GUEST_OF_64_BITS = new PvRecord.Info(8, 4);

    private final PvPages pages;
    private final SavedVcpus vcpus;

    PvSavedState(Xenctrl xenctrl, int domid, KiB size) {
        this.pages = new PvPages(xenctrl, domid, size);
        this.vcpus = new SavedVcpus(xenctrl, domid, pages);
    }

    @Override
    public DomainKind kind() {
        return DomainKind.PV;
    }

    @Override
    public FrameSource frames() {
        return this;
    }

    @Override
    public void writeStart(RecordWriter writer) throws IOException {
        writer.write(GUEST_OF_64_BITS);
    }

    @Override
    public void writeVcpus(RecordWriter writer) throws IOException {
        vcpus.write(writer);
    }

    @Override
    public void refresh(RecordWriter writer) throws IOException {
        pages.read(writer);
    }

    @Override
    public List<long[]> likely(KiB size) {
        return SavedFrames.windows(pages.present());
    }

    @Override
    public List<long[]> others(KiB size) {
        return List.of();
    }

    @Override
    public long end() {
        return pages.end();
    }

    @Override
    public int[] types(long[] frames) {
        return pages.types(frames);
    }

    @Override
    public MappedPages contents(long[] frames, PageType[] types) {
        return pages.contents(frames, types);
    }
}
