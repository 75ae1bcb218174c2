// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import org.xenjava.toolstack.xenctrl.lib.Liveness;

/**
 * The processes of {@code proc(5)}. A process is dead only if its directory does not exist or another process has its
 * PID; any other failure to read, such as EMFILE or EACCES, leaves the question open.
 *
 * @param proc mount point of proc
 */
record ProcProcesses(Path proc) implements ProcessIdentity {
    private static final int WORDS = 3;

    /** The 22nd field of {@code stat}, counted from the field after the process's name. */
    private static final int START_TIME = 19;

    /** States of a process that has ended and whose parent has not asked for its status yet. */
    private static final Set<String> ENDED = Set.of("Z", "X");

    @Override
    public String self() {
        long pid = ProcessHandle.current().pid();
        return identity(pid).orElseGet(() -> namespace().orElse("?") + " " + pid + " ?");
    }

    /** The identity of a process; empty if it cannot be read. */
    Optional<String> identity(long pid) {
        try {
            String startTime = fields(pid)[START_TIME];
            return namespace().map(text -> text + " " + pid + " " + startTime);
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** No process started at the tick that the name has. */
    String ended(long pid) {
        return namespace().orElse("?") + " " + pid + " 0";
    }

    @Override
    public Liveness liveness(String identity) {
        String[] words = identity.split(" ");
        boolean comparable = words.length == WORDS
                && namespace().filter(words[0]::equals).isPresent()
                && words[1].matches("[0-9]{1,18}")
                && words[2].matches("[0-9]+");
        return comparable ? liveness(Long.parseLong(words[1]), words[2]) : Liveness.UNKNOWN;
    }

    private Liveness liveness(long pid, String startTime) {
        try {
            String[] fields = fields(pid);
            boolean ended = ENDED.contains(fields[0]);
            return fields[START_TIME].equals(startTime) && !ended ? Liveness.ALIVE : Liveness.DEAD;
        } catch (NoSuchFileException e) {
            return showsEveryProcess() ? Liveness.DEAD : Liveness.UNKNOWN;
        } catch (IOException e) {
            return Liveness.UNKNOWN;
        }
    }

    /** PID 1 always runs: a {@code /proc} without it is not mounted, or hides other users' processes (hidepid). */
    private boolean showsEveryProcess() {
        return Files.isDirectory(proc.resolve("1"));
    }

    private Optional<String> namespace() {
        try {
            return Optional.of(
                    Files.readSymbolicLink(proc.resolve("self/ns/pid")).toString());
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** The fields of {@code stat} after the process's name, of which the first is its state. */
    private String[] fields(long pid) throws IOException {
        String stat = Files.readString(proc.resolve(pid + "/stat"));
        // The second field, in parentheses, may contain any character.
        String[] afterName = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        if (afterName.length <= START_TIME) {
            throw new IOException(proc.resolve(pid + "/stat") + " has " + afterName.length + " fields after the name");
        }
        return afterName;
    }
}
