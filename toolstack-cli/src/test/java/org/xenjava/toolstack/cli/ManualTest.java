// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The man page and the completion, which are made from the help. */
class ManualTest {
    private static final Pattern COMMAND = Pattern.compile("(?m)^\\.SS \"([a-z0-9\\\\-]+)");

    @TempDir
    private Path directory;

    private final Prompt prompt = Prompt.withoutXen();

    @Test
    void theManPageHasASectionForEachCommand() {
        String page = prompt.run("man-page").out();
        Set<String> described = COMMAND.matcher(page)
                .results()
                .map(section -> section.group(1).replace("\\-", "-"))
                .collect(Collectors.toCollection(TreeSet::new));
        assertEquals(new TreeSet<>(Commands.names()), described);
        assertTrue(page.contains(".SS \"mem\\-set DOMAIN SIZE\""), page);
        assertTrue(page.lines().noneMatch(String::isEmpty), "empty lines are paragraphs in roff");
    }

    @Test
    void groffFormatsTheManPageWithoutAWarning() throws IOException, InterruptedException {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/groff")), "groff is not installed");
        Path page = Files.writeString(
                directory.resolve("xlj.1"), prompt.run("man-page").out());
        assertEquals("", output("groff", "-man", "-Tutf8", "-ww", "-z", page.toString()), "warnings of groff");
    }

    @Test
    void bashCompletesCommandsAndOptions() throws IOException, InterruptedException {
        Path script = Files.writeString(
                directory.resolve("xlj"), prompt.run("completion").out());
        assertEquals("getenforce", completed(script, "xlj", "geten"));
        assertEquals("--autopass", completed(script, "xlj", "vncviewer", "--autop"));
    }

    private String completed(Path script, String... words) throws IOException, InterruptedException {
        List<String> quoted =
                List.of(words).stream().map(word -> "'" + word + "'").toList();
        return output(
                        "bash",
                        "-c",
                        "source " + script + "; COMP_WORDS=(" + String.join(" ", quoted) + "); COMP_CWORD="
                                + (words.length - 1)
                                + "; COMP_LINE=\"${COMP_WORDS[*]}\"; COMP_POINT=${#COMP_LINE}; _complete_xlj 2>/dev/null;"
                                + " echo \"${COMPREPLY[*]}\"")
                .strip();
    }

    private static String output(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), output);
        return output;
    }
}
