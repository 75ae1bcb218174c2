// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.cli.Prompt.Outcome;
import org.xenjava.toolstack.cli.serve.ServeCommand;

/** {@code docs/xlj.md} and the README against the program. */
class DocumentationTest {
    private static final Pattern COMMAND_ROW = Pattern.compile("(?m)^\\| (`[a-z0-9-]+[^|]*) \\|[^|]*\\|[^|]*\\|$");
    private static final Pattern COMMAND = Pattern.compile("`([a-z0-9-]+)[^`]*`");
    private static final Pattern XL_COMMAND_ROW =
            Pattern.compile("(?m)^\\| `([a-z0-9-]+)` \\| (yes|better|no) \\|([^|]*)\\|$");
    private static final Pattern COMMAND_IN_HELP = Pattern.compile("(?m)^  ([a-z0-9-]+) +[A-Z]");

    @Test
    void theReadmeShowsWhatARehearsalPrints() throws IOException {
        String readme = Files.readString(Path.of("../README.md"));
        Matcher command = Pattern.compile("bin/xlj rehearse (examples/\\S+)").matcher(readme);
        Matcher shown = Pattern.compile("```text\n(.*?)```", Pattern.DOTALL).matcher(readme);
        assertTrue(command.find() && shown.find(), "the README shows a rehearsal");
        Outcome outcome = Prompt.withoutXen().run("rehearse", "../" + command.group(1));
        assertEquals(outcome.out(), shown.group(1));
    }

    @Test
    void everyCommandIsDescribedAndNoOther() throws IOException {
        String page = Files.readString(Path.of("../docs/xlj.md"));
        Set<String> described = COMMAND_ROW
                .matcher(page.substring(0, page.indexOf("## ")))
                .results()
                .flatMap(row -> COMMAND.matcher(row.group(1)).results())
                .map(command -> command.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
        String help = Prompt.withoutXen().run("help").out();
        Set<String> existing = COMMAND_IN_HELP
                .matcher(help)
                .results()
                .map(command -> command.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
        assertEquals(existing, described);
    }

    @Test
    void theCommandsThatServeDoesNotRunAreNamed() throws IOException {
        String page = Files.readString(Path.of("../docs/xlj.md"));
        Matcher list = Pattern.compile("- These commands run in a process of their own as before: ([^.]*)\\.")
                .matcher(page);
        assertTrue(list.find());
        Set<String> named = COMMAND.matcher(list.group(1))
                .results()
                .map(command -> command.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
        Set<String> notServed = new TreeSet<>(Commands.names());
        assertTrue(notServed.removeAll(ServeCommand.served()));
        assertEquals(notServed, named);
    }

    @Test
    void theTableOfXlsCommandsAgreesWithTheProgram() throws IOException {
        Map<String, String> table = XL_COMMAND_ROW
                .matcher(Files.readString(Path.of("../docs/xl-verbs.md")))
                .results()
                .collect(Collectors.toMap(row -> row.group(1), row -> row.group(2)));
        assertEquals(XlCommands.NAMES, new TreeSet<>(table.keySet()));
        Set<String> present = new TreeSet<>(table.keySet());
        present.removeIf(command -> table.get(command).equals("no"));
        Set<String> expected = new TreeSet<>(XlCommands.NAMES);
        expected.retainAll(Commands.names());
        assertEquals(expected, present);
    }

    @Test
    void theReadmeCountsTheCommands() throws IOException {
        Set<String> ofXl = new TreeSet<>(XlCommands.NAMES);
        ofXl.retainAll(Commands.names());
        String row = "| commands | %d ([docs/xlj.md](docs/xlj.md)), among them %d of xl's %d verbs "
                .formatted(Commands.names().size(), ofXl.size(), XlCommands.NAMES.size());
        assertTrue(Files.readString(Path.of("../README.md")).contains(row), row);
    }

    @Test
    void theTableGivesAReasonForEveryDifference() throws IOException {
        List<String> withoutReason = XL_COMMAND_ROW
                .matcher(Files.readString(Path.of("../docs/xl-verbs.md")))
                .results()
                .filter(row -> !row.group(2).equals("yes") && row.group(3).isBlank())
                .map(row -> row.group(1))
                .toList();
        assertEquals(List.of(), withoutReason);
    }
}
