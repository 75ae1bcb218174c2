// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.migrate;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.UUID;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PresenceTest {
    private static final UUID ID = UUID.fromString("c0ffee00-0000-4000-8000-000000000014");

    @ParameterizedTest
    @CsvSource({
        "c0ffee00-0000-4000-8000-000000000014, web, TAKEN_OVER",
        "c0ffee00-0000-4000-8000-000000000014, renamed, TAKEN_OVER",
        "c0ffee00-0000-4000-8000-000000000014, web--incoming, UNDECIDED",
        "c0ffee00-0000-4000-8000-000000000099, web--incoming, UNDECIDED",
        "c0ffee00-0000-4000-8000-000000000014, web--migratedaway, ABSENT",
        "c0ffee00-0000-4000-8000-000000000099, web, UNDECIDED",
        "c0ffee00-0000-4000-8000-000000000099, other, ABSENT"
    })
    void theTableOfXlTellsWhereAGuestIs(String uuid, String name, Presence expected) {
        String table =
                """
                UUID                                  ID    name
                00000000-0000-0000-0000-000000000000  0    Domain-0
                %s  7    %s
                """
                        .formatted(uuid, name);
        assertEquals(expected, Presence.inTable(table, ID, "web"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "UUID  ID  name\n", "ssh: a banner of the host\n"})
    void anAnswerWithoutDomainZeroTellsNothing(String answer) {
        assertEquals(Presence.UNDECIDED, Presence.inTable(answer, ID, "web"));
    }
}
