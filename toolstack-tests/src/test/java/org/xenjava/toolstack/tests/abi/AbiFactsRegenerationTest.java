// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.tests.abi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AbiFactsRegenerationTest {
    private static final Path INSTALLED = Path.of("/usr/include/xen/domctl.h");

    @Test
    void theCommittedFactsEqualTheCompilersForTheInstalledHeaders(@TempDir Path temporary)
            throws IOException, InterruptedException {
        assumeTrue(Files.exists(INSTALLED), "libxen-dev is not installed");
        String installed = output("dpkg-query", "-W", "-f", "${Version}", "libxen-dev");
        String release = installed.replaceAll("^(\\d+\\.\\d+).*", "$1");
        Path fresh = temporary.resolve("fresh.properties");
        String generator = Path.of("abi", "generate").toAbsolutePath().toString();
        output("/bin/bash", generator, release, "/usr/include", "libxen-dev " + installed, fresh.toString());

        Path committed =
                Path.of("src/test/resources/org/xenjava/toolstack/tests/abi", "facts-" + release + ".properties");
        assertEquals(facts(committed), facts(fresh), "run toolstack-tests/abi/generate " + release);
    }

    private static String output(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), output);
        return output;
    }

    /** All but the comments, which name the source, and errno's, which are Linux's. */
    private static List<String> facts(Path file) throws IOException {
        return Files.readAllLines(file).stream()
                .filter(line -> !line.startsWith("#") && !line.startsWith("constant.E"))
                .toList();
    }
}
