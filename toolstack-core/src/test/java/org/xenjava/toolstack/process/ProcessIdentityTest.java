// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.xenjava.toolstack.xenctrl.lib.Liveness;

class ProcessIdentityTest {
    private static final ProcessIdentity PROCESSES = ProcessIdentity.ofProc();

    private static String self(int word, String replacement) {
        String[] words = PROCESSES.self().split(" ");
        words[word] = replacement;
        return String.join(" ", words);
    }

    @Test
    void thisProcessIsNamedByNamespacePidAndStartTimeAndIsAlive() {
        assertTrue(
                PROCESSES
                        .self()
                        .matches("pid:\\[\\d+] " + ProcessHandle.current().pid() + " \\d+"),
                PROCESSES.self());
        assertEquals(Liveness.ALIVE, PROCESSES.liveness(PROCESSES.self()));
    }

    @Test
    void aProcessWhosePidIsFreeIsDead() {
        long unused = LongStream.iterate(4_000_000, pid -> pid - 1)
                .filter(pid -> !Files.exists(Path.of("/proc/" + pid)))
                .findFirst()
                .orElseThrow();
        assertEquals(Liveness.DEAD, PROCESSES.liveness(self(1, Long.toString(unused))));
    }

    @Test
    void aProcessWhosePidBelongsToALaterProcessIsDead() {
        assertEquals(Liveness.DEAD, PROCESSES.liveness(self(2, "0")));
    }

    @Test
    void aProcessInAnotherNamespaceIsUnknown() {
        assertEquals(Liveness.UNKNOWN, PROCESSES.liveness(self(0, "pid:[1]")));
    }

    @ParameterizedTest(name = "''{0}''")
    @ValueSource(strings = {"", "one two", "a b c d"})
    void textThatIsNoIdentityIsUnknown(String garbage) {
        assertEquals(Liveness.UNKNOWN, PROCESSES.liveness(garbage));
    }

    @Test
    void aPidOrStartTimeThatIsNoNumberIsUnknown() {
        assertEquals(Liveness.UNKNOWN, PROCESSES.liveness(self(1, "many")));
        assertEquals(Liveness.UNKNOWN, PROCESSES.liveness(self(2, "?")));
    }

    @Test
    void aNamedProcessKnowsNothingOfOthers() {
        ProcessIdentity replayed = ProcessIdentity.named("pid:[1] 2 3");
        assertEquals("pid:[1] 2 3", replayed.self());
        assertEquals(Liveness.ALIVE, replayed.liveness("pid:[1] 2 3"));
        assertEquals(Liveness.UNKNOWN, replayed.liveness(self(2, "0")));
    }

    // ---- a /proc that cannot be read as usual -----------------------------------------------------------------

    private static final String NAMESPACE = "pid:[7]";

    @TempDir
    private Path proc;

    private ProcProcesses processes() throws IOException {
        Files.createDirectories(proc.resolve("self/ns"));
        Files.createSymbolicLink(proc.resolve("self/ns/pid"), Path.of(NAMESPACE));
        return new ProcProcesses(proc);
    }

    private void process(int pid, String stat) throws IOException {
        Files.createDirectories(proc.resolve(Integer.toString(pid)));
        Files.writeString(proc.resolve(pid + "/stat"), stat);
    }

    private static String stat(long startTime) {
        return "42 (a) b) S" + " 0".repeat(18) + " " + startTime + " 0 0";
    }

    @Test
    void theStartTimeIsFoundBehindANameWithParentheses() throws IOException {
        process(42, stat(99));
        assertEquals(Liveness.ALIVE, processes().liveness(NAMESPACE + " 42 99"));
    }

    @Test
    void aProcessThatHasEndedAndWasNotReapedIsDead() throws IOException {
        process(42, stat(99).replace(" S ", " Z "));
        assertEquals(Liveness.DEAD, processes().liveness(NAMESPACE + " 42 99"));
    }

    @Test
    void aProcessIsUnknownWhereProcHidesOtherUsersProcesses() throws IOException {
        ProcProcesses hidden = processes();
        assertEquals(Liveness.UNKNOWN, hidden.liveness(NAMESPACE + " 42 99"));
        process(1, stat(1));
        assertEquals(Liveness.DEAD, hidden.liveness(NAMESPACE + " 42 99"));
    }

    @Test
    void aProcessWhoseStatCannotBeReadIsUnknown() throws IOException {
        process(1, stat(1));
        // A directory in the file's place fails with an I/O error, as an open with EMFILE does.
        Files.createDirectories(proc.resolve("42/stat"));
        assertEquals(Liveness.UNKNOWN, processes().liveness(NAMESPACE + " 42 99"));
    }

    @Test
    void aProcessWhoseStatIsCutOffIsUnknown() throws IOException {
        process(1, stat(1));
        process(42, "42 (a) S 0 0");
        assertEquals(Liveness.UNKNOWN, processes().liveness(NAMESPACE + " 42 99"));
    }

    @Test
    void everyProcessIsUnknownWithoutProc() {
        assertEquals(Liveness.UNKNOWN, new ProcProcesses(proc).liveness(PROCESSES.self()));
    }
}
