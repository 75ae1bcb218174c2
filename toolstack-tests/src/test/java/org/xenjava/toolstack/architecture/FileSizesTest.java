// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.architecture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The length of the source files of all modules, comments, imports and empty lines not counted. */
class FileSizesTest {
    private static final int MOST_LINES = 400;

    @Test
    void noSourceFileHasMoreThanFourHundredLinesOfCode() {
        List<Path> files = JavaSources.all();
        assertTrue(files.size() > 500, files.size() + " files found");
        assertEquals(
                List.of(),
                files.stream().filter(file -> linesOfCode(file) > MOST_LINES).toList());
    }

    private static long linesOfCode(Path file) {
        try (Stream<String> lines = Files.lines(file)) {
            return lines.map(String::strip)
                    .filter(line -> !line.isEmpty()
                            && !line.startsWith("*")
                            && !line.startsWith("/")
                            && !line.startsWith("import "))
                    .count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
