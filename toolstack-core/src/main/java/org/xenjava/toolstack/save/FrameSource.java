// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.save;

import java.io.IOException;
import java.util.List;
import org.xenjava.toolstack.stream.PageType;
import org.xenjava.toolstack.stream.RecordWriter;
import org.xenjava.toolstack.xenctrl.lib.MappedPages;
import org.xenjava.toolstack.xenctrl.units.KiB;

/** The pages of a domain, by the numbers that a stream has: gfns, or the pfns of a PV guest. */
interface FrameSource {
    /**
     * Finds out where the domain has its frames, and writes it to the stream if the reader needs it. Called before all frames
     * are copied.
     */
    void refresh(RecordWriter writer) throws IOException;

    /** The frames where guests of that size have pages, in windows of as many frames as Xen takes in a call. */
    List<long[]> likely(KiB size);

    /** The other frames. */
    List<long[]> others(KiB size);

    /** The first frame behind those that may have a page. */
    long end();

    /** The types of frames: {@code XEN_DOMCTL_PFINFO_*} shifted down. */
    int[] types(long[] frames);

    /** The contents of pages, as a stream has them. */
    MappedPages contents(long[] frames, PageType[] types);
}
