// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.resize;

import java.util.Optional;
import org.xenjava.toolstack.error.DomainStateException;
import org.xenjava.toolstack.memory.MemoryStatus;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.store.StoreTransaction;
import org.xenjava.toolstack.xenctrl.DomainInfo;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * The memory nodes of a domain in xenstore.
 *
 * @param target {@code memory/target}
 * @param staticMax {@code memory/static-max}, the size that the guest's memory map was built for
 * @param videoRam {@code memory/videoram}; zero if there is none
 * @param backed the largest size for which the PoD cache was grown since the build, if it was
 * @param loan the host's loan to the domain, if there is one
 * @param nextMaximum the maximum of the next build, if mem-max has set it
 */
record MemoryNodes(
        KiB target, KiB staticMax, KiB videoRam, Optional<KiB> backed, Optional<Loan> loan, Optional<KiB> nextMaximum) {
    /** @throws DomainStateException if a node is missing or holds no size */
    static MemoryNodes read(StoreTransaction store, DomainPaths paths) {
        return new MemoryNodes(
                required(store, paths, paths.memoryTarget()),
                required(store, paths, paths.memoryStaticMax()),
                size(store, paths.memoryVideoRam()).orElse(KiB.ZERO),
                size(store, paths.podBackedKib()),
                Loan.read(store, paths),
                size(store, paths.nextMaximumKib()));
    }

    private static Optional<KiB> size(StoreTransaction store, String path) {
        return store.readKib(path);
    }

    private static KiB required(StoreTransaction store, DomainPaths paths, String path) {
        return size(store, path)
                .orElseThrow(() -> new DomainStateException(
                        "domain " + paths.domid() + ": no size in KiB at " + path + "; is it still being built?"));
    }

    /** The size in the form of mem-set. */
    KiB size() {
        return target.plus(videoRam);
    }

    /** The largest size that mem-set accepts. */
    KiB limit() {
        return nextMaximum.filter(next -> next.isLessThan(staticMax)).orElse(staticMax);
    }

    MemoryStatus status(DomainInfo info) {
        return new MemoryStatus(
                target,
                staticMax,
                videoRam,
                nextMaximum.orElse(staticMax),
                Pages.of(info.totPages()),
                Pages.of(info.maxPages()));
    }
}
