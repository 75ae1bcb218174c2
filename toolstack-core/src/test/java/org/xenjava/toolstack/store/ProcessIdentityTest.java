// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProcessIdentityTest {
    private static final ProcessIdentity PROCESSES = ProcessIdentity.ofProc();

    private static String self(int word, String replacement) {
        String[] words = PROCESSES.self().split(" ");
        words[word] = replacement;
        return String.join(" ", words);
    }

    @Test
    void thisProcessIsNamedByNameSpacePidAndStartTimeAndLives() {
        assertTrue(
                PROCESSES
                        .self()
                        .matches("pid:\\[\\d+] " + ProcessHandle.current().pid() + " \\d+"),
                PROCESSES.self());
        assertTrue(PROCESSES.mayBeAlive(PROCESSES.self()));
    }

    @Test
    void aProcessWhosePidNobodyHasIsGone() {
        long unused = LongStream.iterate(4_000_000, pid -> pid - 1)
                .filter(pid -> !Files.exists(Path.of("/proc/" + pid)))
                .findFirst()
                .orElseThrow();
        assertFalse(PROCESSES.mayBeAlive(self(1, Long.toString(unused))));
    }

    @Test
    void aProcessWhosePidHasBeenGivenToAnotherIsGone() {
        assertFalse(PROCESSES.mayBeAlive(self(2, "0")));
    }

    @Test
    void ofAProcessInAnotherNameSpaceNothingIsKnown() {
        assertTrue(PROCESSES.mayBeAlive(self(0, "pid:[1]")));
    }

    @ParameterizedTest(name = "''{0}''")
    @ValueSource(strings = {"", "one two", "a b c d"})
    void ofWhatIsNoIdentityNothingIsKnown(String garbage) {
        assertTrue(PROCESSES.mayBeAlive(garbage));
    }

    @Test
    void ofAPidThatIsNoNumberNothingIsKnown() {
        assertTrue(PROCESSES.mayBeAlive(self(1, "many")));
    }

    @Test
    void aProcessThatIsOnlyNamedCountsAllOthersAsAlive() {
        ProcessIdentity replayed = ProcessIdentity.named("pid:[1] 2 3");
        assertEquals("pid:[1] 2 3", replayed.self());
        assertTrue(replayed.mayBeAlive(self(2, "0")));
    }
}
