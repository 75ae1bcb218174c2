// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.memory;

import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * What a domain has, may have and should have.
 *
 * @param target what its balloon driver aims at: {@code memory/target}; video RAM is not in it
 * @param staticMax the size that it was built for: {@code memory/static-max}; video RAM is in it
 * @param videoRam {@code memory/videoram}; zero for PVH
 * @param nextMaximum the maximum that its next build uses: what mem-max has set, else {@code staticMax}
 * @param totPages pages that it owns, its PoD cache and its special pages included
 * @param maxPages pages that it may own
 */
public record MemoryStatus(KiB target, KiB staticMax, KiB videoRam, KiB nextMaximum, Pages totPages, Pages maxPages) {
    /** {@return the size as mem-set takes it: target and video RAM} */
    public KiB size() {
        return target.plus(videoRam);
    }
}
