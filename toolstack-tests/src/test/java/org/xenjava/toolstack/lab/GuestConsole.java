// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.lab;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A guest's console: written to xenconsoled's terminal, read from its log.
 *
 * @param name the guest's; an earlier guest of that name has left its lines in the same log
 * @param tty the terminal's path
 */
record GuestConsole(String name, String tty) {
    /** How long the log is now: what comes later is new. */
    int length() {
        return Dom0.consoleLog(name).length();
    }

    void type(String line) {
        try {
            Files.write(Path.of(tty), (line + "\n").getBytes(StandardCharsets.US_ASCII), StandardOpenOption.WRITE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What it shows behind that length. */
    String since(int from) {
        String log = Dom0.consoleLog(name);
        return log.length() > from ? log.substring(from) : "";
    }

    /** Waits for a regular expression behind that length, and returns all that is there by then. */
    String await(String marker, int from, Duration limit) {
        Pattern pattern = Pattern.compile(marker);
        return Dom0.await(() -> missing(marker), limit, () -> {
            String fresh = since(from);
            return pattern.matcher(fresh).find() ? Optional.of(fresh) : Optional.empty();
        });
    }

    private String missing(String marker) {
        return "'%s' on the console of %s, which shows:%n%s%n%s"
                .formatted(marker, name, Dom0.consoleLog(name), Dom0.domains());
    }
}
