// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.room;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.xenjava.toolstack.store.StoreTransaction;
import org.xenjava.toolstack.xenctrl.units.KiB;

/**
 * The record of what was taken from domain 0: one node of xenstore.
 *
 * @param before the target of domain 0 before anything was taken
 * @param set the target that was written last; another value in its place is another's decision
 */
record RoomRecord(KiB before, KiB set) {
    /** The name of the node beside the journals of builds and removals. */
    static final String NAME = "room";

    private static final String PATH = "/tool/xenjava/" + NAME;
    private static final Pattern TEXT = Pattern.compile("(\\d{1,15}) (\\d{1,15})");

    static Optional<RoomRecord> read(StoreTransaction store) {
        return store.read(PATH)
                .map(TEXT::matcher)
                .filter(Matcher::matches)
                .map(text -> new RoomRecord(kib(text.group(1)), kib(text.group(2))));
    }

    private static KiB kib(String digits) {
        return new KiB(Long.parseLong(digits));
    }

    void write(StoreTransaction store) {
        store.write(PATH, before.value() + " " + set.value());
    }

    static void remove(StoreTransaction store) {
        store.removeWithEmptyParents(PATH);
    }
}
