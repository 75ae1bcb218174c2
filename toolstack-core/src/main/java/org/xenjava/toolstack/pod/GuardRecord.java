// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.pod;

import java.util.Optional;
import org.xenjava.toolstack.resize.Loan;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.store.LeaseHolder;
import org.xenjava.toolstack.store.StoreTransaction;
import org.xenjava.toolstack.xenctrl.units.KiB;

/**
 * The guards' record of a domain in {@code /libxl/N/xenjava/guard}. A guard that starts, or takes over from one that
 * died, needs no other state. A record that cannot be read counts as empty.
 *
 * @param nudge a lowered {@code memory/target}
 * @param loan pages from the host
 */
record GuardRecord(Optional<Nudge> nudge, Optional<Loan> loan) {
    static final GuardRecord NONE = new GuardRecord(Optional.empty(), Optional.empty());

    /**
     * A lowered {@code memory/target}.
     *
     * @param intent the value that the administrator set
     * @param target the value that the guard set
     * @param count number of times that the guard lowered it
     */
    record Nudge(KiB intent, KiB target, int count) {}

    GuardRecord withNudge(Optional<Nudge> other) {
        return new GuardRecord(other, loan);
    }

    GuardRecord withLoan(Optional<Loan> other) {
        return new GuardRecord(nudge, other);
    }

    static GuardRecord read(StoreTransaction store, DomainPaths paths) {
        if (store.list(paths.podGuard()).isEmpty()) {
            return NONE;
        }
        return new GuardRecord(readNudge(store, paths), Loan.read(store, paths));
    }

    private static Optional<Nudge> readNudge(StoreTransaction store, DomainPaths paths) {
        Optional<KiB> intent = store.readPlausibleKib(intent(paths));
        return numbers(store, nudged(paths), 2)
                .flatMap(at -> intent.map(kib -> new Nudge(kib, KiB.of(at[0]), (int) at[1])));
    }

    private static Optional<long[]> numbers(StoreTransaction store, String path, int count) {
        return store.read(path)
                .filter(text -> text.matches("\\d{1,15}( \\d{1,15}){" + (count - 1) + "}"))
                .map(text -> java.util.Arrays.stream(text.split(" "))
                        .mapToLong(Long::parseLong)
                        .toArray());
    }

    /** Writes the record under the owner's lease; an empty record has no nodes. */
    void write(StoreTransaction store, DomainPaths paths, LeaseHolder owner) {
        if (equals(NONE)) {
            store.removeWithEmptyParents(paths.podGuard());
            return;
        }
        Loan.lease(owner, paths).take(store);
        put(store, intent(paths), nudge.map(note -> Long.toString(note.intent().value())));
        put(store, nudged(paths), nudge.map(note -> note.target().value() + " " + note.count()));
        loan.ifPresentOrElse(lent -> lent.write(store, paths), () -> Loan.remove(store, paths));
    }

    private static void put(StoreTransaction store, String path, Optional<String> value) {
        value.ifPresentOrElse(text -> store.write(path, text), () -> store.remove(path));
    }

    private static String intent(DomainPaths paths) {
        return paths.podGuard() + "/intent-kib";
    }

    private static String nudged(DomainPaths paths) {
        return paths.podGuard() + "/nudged";
    }
}
