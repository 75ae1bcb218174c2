// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The units that {@code packaging/systemd} installs, as systemd reads them. */
class SystemdUnitsTest {
    private static final Path UNITS = Path.of("../packaging/systemd");
    private static final Path VERIFIER = Path.of("/usr/bin/systemd-analyze");

    @TempDir
    Path directory;

    /** The commands and the manual that the units name are not installed here. */
    @Test
    void systemdUnderstandsEveryLineOfTheUnits() throws IOException, InterruptedException {
        assumeTrue(Files.isExecutable(VERIFIER), "no systemd-analyze");
        List<String> command = new ArrayList<>(List.of(VERIFIER.toString(), "verify"));
        try (Stream<Path> units = Files.list(UNITS)) {
            for (Path unit : units.sorted().toList()) {
                String text = Files.readString(unit);
                assertTrue(text.contains("ExecStart=/usr/local/bin/xlj "), unit.toString());
                String here =
                        text.replace("/usr/local/bin/xlj ", "/bin/true ").replaceAll("Documentation=man:.*\n", "");
                command.add(
                        Files.writeString(directory.resolve(unit.getFileName().toString()), here)
                                .toString());
            }
        }
        assertTrue(command.size() > 2, "no units in " + UNITS);
        Process verifier = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(verifier.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, verifier.waitFor(), output);
        // systemd-analyze also reports errors in units of this machine.
        String ours = output.lines()
                .filter(line -> line.contains(directory.toString()))
                .collect(Collectors.joining("\n"));
        assertEquals("", ours);
    }
}
