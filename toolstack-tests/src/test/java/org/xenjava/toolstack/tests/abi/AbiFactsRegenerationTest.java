// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.tests.abi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.xenjava.toolstack.xenctrl.abi.XenAbi;
import org.xenjava.toolstack.xenctrl.abi.XenRelease;

class AbiFactsRegenerationTest {
    private static final int HEADERS_MISSING = 2;

    static Collection<XenRelease> supportedReleases() {
        return XenAbi.supportedReleases();
    }

    @ParameterizedTest
    @MethodSource("supportedReleases")
    void theCommittedFactsAreWhatTheCompilerSaysToday(XenRelease release, @TempDir Path temporary)
            throws IOException, InterruptedException {
        Path generator = Path.of("abi", "generate").toAbsolutePath();
        assumeTrue(Files.exists(Path.of("/bin/bash")), "no bash");
        Path fresh = temporary.resolve("fresh.properties");
        Process process = new ProcessBuilder("/bin/bash", generator.toString(), release.toString(), fresh.toString())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor(1, TimeUnit.MINUTES);
        assumeTrue(process.exitValue() != HEADERS_MISSING, output);
        assertEquals(0, process.exitValue(), output);

        Path committed =
                Path.of("src/test/resources/org/xenjava/toolstack/tests/abi", "facts-" + release + ".properties");
        assertEquals(facts(committed), facts(fresh), "run toolstack-tests/abi/generate " + release);
    }

    /** All but the comments, which name the exact package. */
    private static List<String> facts(Path file) throws IOException {
        return Files.readAllLines(file).stream()
                .filter(line -> !line.startsWith("#"))
                .toList();
    }
}
