// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.migrate;

import java.util.List;
import java.util.UUID;

/** The answer of a target host to the question whether it has taken a guest over. */
public enum Presence {
    /** The target has taken the guest over. */
    TAKEN_OVER,
    /** The target does not have the guest and will not run it. */
    ABSENT,
    /** The receiver still waits for its permission, or works. */
    UNDECIDED;

    /** The end of the name of a domain that is being received. */
    public static final String INCOMING = "--incoming";

    /** The end of the name of a domain that was given away. */
    public static final String AWAY = "--migratedaway";

    private static final int COLUMNS = 3;

    /**
     * Reads the table that {@code xl vm-list} and {@code xlj vm-list} print: UUID, domid, name. A table without domain 0
     * says nothing. A guest of that UUID counts under every name but that of the sender's own copy. The guest's name
     * with another UUID says nothing: the table is read in parts, and a guest that is taken over gets both.
     *
     * @param table the output
     * @param uuid UUID of the guest
     * @param name name of the guest
     * @return the presence of the guest on that host
     */
    public static Presence inTable(String table, UUID uuid, String name) {
        List<String[]> rows = table.lines()
                .map(line -> line.strip().split(" +", COLUMNS))
                .filter(row -> row.length == COLUMNS)
                .toList();
        if (rows.stream().noneMatch(row -> row[1].equals("0"))
                || rows.stream().anyMatch(row -> row[2].equals(name + INCOMING))) {
            return UNDECIDED;
        }
        if (rows.stream().anyMatch(row -> row[0].equals(uuid.toString()) && !row[2].equals(name + AWAY))) {
            return TAKEN_OVER;
        }
        return rows.stream().anyMatch(row -> row[2].equals(name)) ? UNDECIDED : ABSENT;
    }
}
