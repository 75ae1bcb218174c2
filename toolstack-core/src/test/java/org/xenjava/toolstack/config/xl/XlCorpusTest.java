// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config.xl;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.xenjava.toolstack.error.ConfigException;

/**
 * Reads whole files as users and tools write them and compares each outcome with a table. An outcome is {@code read}
 * with the keys that have a warning, or the keys that have an error.
 */
class XlCorpusTest {
    private static final Pattern KEY = Pattern.compile("^.*?\\.cfg(?::[0-9]+)?: '([a-z0-9_.]+)'.*");

    @Test
    void everyFileOfTheCorpusHasItsOutcome() throws Exception {
        Path directory = resource("corpus");
        assertEquals(
                table("corpus/outcomes.txt"),
                outcomes(directory)
                        .map(outcome -> outcome.file() + " | " + outcome.text())
                        .collect(Collectors.joining("\n")));
    }

    /** The files are in libvirt's sources, tests/xlconfigdata; their licence keeps them out of this project. */
    @Test
    @EnabledIfSystemProperty(named = "xlcfg.libvirt", matches = ".+", disabledReason = "names libvirt's xlconfigdata")
    void everyFileOfLibvirtsTestsHasItsOutcome() throws Exception {
        Path directory = Path.of(Objects.requireNonNull(System.getProperty("xlcfg.libvirt")));
        assertEquals(
                table("corpus/libvirt.txt"),
                outcomes(directory)
                        .map(outcome -> outcome.file() + " | " + outcome.text().replaceFirst("^read: .*", "read"))
                        .collect(Collectors.joining("\n")));
    }

    private record Outcome(String file, String text) {}

    private static Stream<Outcome> outcomes(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files
                    .filter(file -> file.toString().endsWith(".cfg"))
                    .sorted()
                    .map(file -> new Outcome(file.getFileName().toString(), outcome(file)))
                    .toList()
                    .stream();
        }
    }

    private static String outcome(Path file) {
        try {
            String warned = keys(XlConfigReader.read(file).warnings().stream().map(XlConfigReader.Warning::toString));
            return warned.isEmpty() ? "read" : "read: " + warned;
        } catch (ConfigException e) {
            return keys(e.getMessage().lines());
        }
    }

    private static String keys(Stream<String> messages) {
        return messages.map(message -> KEY.matcher(message).replaceFirst("$1")).collect(Collectors.joining(", "));
    }

    private static String table(String name) throws IOException, URISyntaxException {
        return Files.readAllLines(resource(name)).stream()
                .map(line -> line.replaceFirst(" +\\| ", " | "))
                .collect(Collectors.joining("\n"));
    }

    private static Path resource(String name) throws URISyntaxException {
        return Path.of(Objects.requireNonNull(XlCorpusTest.class.getResource(name), name)
                .toURI());
    }
}
