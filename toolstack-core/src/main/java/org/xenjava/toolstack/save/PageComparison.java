// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.save;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.progress.MemoryComparison;

/** Counts the pages of a stream that are those of a domain, and those that are not. */
final class PageComparison {
    private static final Logger LOG = LoggerFactory.getLogger(PageComparison.class);

    private final int domid;
    private final List<Long> firstFrames = new ArrayList<>();
    private long pages;
    private long different;

    PageComparison(int domid) {
        this.domid = domid;
    }

    void add(long pfn, boolean same) {
        pages++;
        if (same) {
            return;
        }
        different++;
        if (firstFrames.size() < MemoryComparison.NAMED) {
            firstFrames.add(pfn);
            LOG.warn(String.format(
                    Locale.ROOT, "domain %d: the page at frame 0x%x is not that of the sender", domid, pfn));
        }
    }

    MemoryComparison result() {
        return new MemoryComparison(pages, different, firstFrames);
    }
}
