// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.memory;

import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * The present, target and maximum sizes of a domain.
 *
 * @param target the size that the balloon driver aims at, without video RAM: {@code memory/target}
 * @param staticMax the size that the domain was built for, video RAM included: {@code memory/static-max}
 * @param videoRam {@code memory/videoram}; zero for PVH
 * @param nextMaximum the maximum that the domain's next build uses: the one that mem-max has set, else {@code
 *     staticMax}
 * @param totPages pages that the domain owns, PoD cache and special pages included
 * @param maxPages limit of the pages that the domain may own
 */
public record MemoryStatus(KiB target, KiB staticMax, KiB videoRam, KiB nextMaximum, Pages totPages, Pages maxPages) {
    /** {@return the size in the form of mem-set: target and video RAM} */
    public KiB size() {
        return target.plus(videoRam);
    }
}
