// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Names this process so that another one can tell later whether it still runs: its PID name space, its PID and its
 * start time in clock ticks ({@code proc(5)}), which a recycled PID does not share.
 */
public interface ProcessIdentity {
    /** This process, as a note in xenstore names it. */
    String self();

    /** False only if that process is known to be gone. */
    boolean mayBeAlive(String identity);

    /**
     * A name that is the same wherever a recording is replayed. All other processes count as alive, so that nothing
     * of theirs is cleaned up.
     */
    static ProcessIdentity named(String name) {
        return new ProcessIdentity() {
            @Override
            public String self() {
                return name;
            }

            @Override
            public boolean mayBeAlive(String identity) {
                return true;
            }
        };
    }

    /** From {@code /proc}. */
    static ProcessIdentity ofProc() {
        return new ProcessIdentity() {
            @Override
            public String self() {
                long pid = ProcessHandle.current().pid();
                return nameSpace() + " " + pid + " " + startTime(pid).orElse("?");
            }

            @Override
            public boolean mayBeAlive(String identity) {
                String[] parts = identity.split(" ");
                boolean known = parts.length == 3 && parts[0].equals(nameSpace()) && parts[1].matches("\\d{1,18}");
                return !known
                        || startTime(Long.parseLong(parts[1]))
                                .filter(parts[2]::equals)
                                .isPresent();
            }
        };
    }

    private static String nameSpace() {
        try {
            return Files.readSymbolicLink(Path.of("/proc/self/ns/pid")).toString();
        } catch (IOException e) {
            return "?";
        }
    }

    private static Optional<String> startTime(long pid) {
        try {
            String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
            // The second field, in parentheses, may hold anything; the start time is the 22nd.
            String[] afterName = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
            return Optional.of(afterName[19]);
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
