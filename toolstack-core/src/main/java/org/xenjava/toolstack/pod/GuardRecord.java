// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.pod;

import java.util.Optional;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.store.Lease;
import org.xenjava.toolstack.store.LeaseHolder;
import org.xenjava.toolstack.store.StoreTransaction;
import org.xenjava.toolstack.xenctrl.units.KiB;

/**
 * What guards have lent to a domain, as {@code /libxl/N/xenjava/guard} remembers it: a guard that starts, or takes
 * over from one that died, needs no other memory. A note that cannot be read is no note.
 *
 * @param nudge a lowered {@code memory/target}
 * @param cover pages from the host
 */
record GuardRecord(Optional<Nudge> nudge, Optional<Cover> cover) {
    static final GuardRecord NONE = new GuardRecord(Optional.empty(), Optional.empty());

    /**
     * @param intent {@code memory/target} as the administrator set it
     * @param target as the guard has lowered it
     * @param count times that it was lowered
     */
    record Nudge(KiB intent, KiB target, int count) {}

    /**
     * @param oldMaxPages max_pages before
     * @param newMaxPages max_pages that the guard has set, or left
     * @param totBefore pages that the domain owned before
     * @param pages pages lent
     */
    record Cover(long oldMaxPages, long newMaxPages, long totBefore, long pages) {
        /** Pages that the domain still has of them. */
        long outstanding(long totPages) {
            return Math.max(0, Math.min(pages, totPages - totBefore));
        }
    }

    GuardRecord withNudge(Optional<Nudge> other) {
        return new GuardRecord(other, cover);
    }

    GuardRecord withCover(Optional<Cover> other) {
        return new GuardRecord(nudge, other);
    }

    static GuardRecord read(StoreTransaction store, DomainPaths paths) {
        if (store.list(paths.podGuard()).isEmpty()) {
            return NONE;
        }
        return new GuardRecord(readNudge(store, paths), readCover(store, paths));
    }

    private static Optional<Nudge> readNudge(StoreTransaction store, DomainPaths paths) {
        Optional<KiB> intent = store.readPlausibleKib(intent(paths));
        return numbers(store, nudged(paths), 2)
                .flatMap(at -> intent.map(kib -> new Nudge(kib, KiB.of(at[0]), (int) at[1])));
    }

    private static Optional<Cover> readCover(StoreTransaction store, DomainPaths paths) {
        return numbers(store, covered(paths), 4).map(at -> new Cover(at[0], at[1], at[2], at[3]));
    }

    private static Optional<long[]> numbers(StoreTransaction store, String path, int count) {
        return store.read(path)
                .filter(text -> text.matches("\\d{1,15}( \\d{1,15}){" + (count - 1) + "}"))
                .map(text -> java.util.Arrays.stream(text.split(" "))
                        .mapToLong(Long::parseLong)
                        .toArray());
    }

    /** Makes xenstore say this, under the owner's lease; nothing lent leaves no nodes. */
    void write(StoreTransaction store, DomainPaths paths, LeaseHolder owner) {
        if (equals(NONE)) {
            store.removeWithEmptyParents(paths.podGuard());
            return;
        }
        lease(owner, paths).take(store);
        put(store, intent(paths), nudge.map(note -> Long.toString(note.intent().value())));
        put(store, nudged(paths), nudge.map(note -> note.target().value() + " " + note.count()));
        put(
                store,
                covered(paths),
                cover.map(note ->
                        note.oldMaxPages() + " " + note.newMaxPages() + " " + note.totBefore() + " " + note.pages()));
    }

    private static void put(StoreTransaction store, String path, Optional<String> value) {
        value.ifPresentOrElse(text -> store.write(path, text), () -> store.remove(path));
    }

    /** The lease of the process whose notes these are. */
    static Lease lease(LeaseHolder owner, DomainPaths paths) {
        return owner.lease(paths.podGuard() + "/owner");
    }

    private static String intent(DomainPaths paths) {
        return paths.podGuard() + "/intent-kib";
    }

    private static String nudged(DomainPaths paths) {
        return paths.podGuard() + "/nudged";
    }

    private static String covered(DomainPaths paths) {
        return paths.podGuard() + "/covered";
    }
}
