// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.xenjava.toolstack.cli.Prompt.Outcome;

class UsageTest {
    private final Prompt prompt = Prompt.withoutXen();

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "frobnicate",
                "pause",
                "pause a b",
                "create",
                "create a.cfg b.cfg",
                "mem-set web",
                "mem-set web 3q",
                "shutdown",
                "shutdown -a web",
                "list --colour"
            })
    void wrongArgumentsAreOneLineAndStatusTwo(String line) {
        Outcome outcome = prompt.run(words(line));
        assertEquals(2, outcome.status());
        assertEquals("", outcome.out());
        assertTrue(outcome.err().matches("xlj: .*\\(see xlj.* --help\\)\n"), outcome.err());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"pod-check", "pod-check 1 2", "pod-check --all 1", "pod-check -x", "pod-check --interval=0 1"})
    void wrongArgumentsOfPodCheckAreStatus255(String line) {
        Outcome outcome = prompt.run(words(line));
        assertEquals(255, outcome.status());
        assertEquals("", outcome.out());
        assertTrue(outcome.err().startsWith("xlj: "), outcome.err());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"list", "info", "pause 1", "destroy web", "mem-set 1 300", "shutdown -a", "gc", "domid web"})
    void withoutXenACommandSaysSoAndFails(String line) {
        assertEquals(new Outcome(1, "", "xlj: there is no Xen here\n"), prompt.run(words(line)));
    }

    @Test
    void withoutXenPodCheckFailsAsTheUtilityDoes() {
        assertEquals(new Outcome(255, "", "xlj: there is no Xen here\n"), prompt.run("pod-check", "1"));
    }

    /** The level of logs is the process's. */
    @AfterEach
    void logAsBefore() {
        System.clearProperty(Logging.LEVEL);
    }

    @Test
    void debugShowsWhereAnErrorComesFrom() {
        Outcome outcome = prompt.run("list", "--debug");
        assertEquals(1, outcome.status());
        assertTrue(outcome.err().contains("\tat org.xenjava.toolstack.cli.Prompt"), outcome.err());
    }

    @Test
    void theVersionNeedsNoXen() {
        assertEquals(0, prompt.run("version").status());
        assertEquals(prompt.run("version"), prompt.run("--version"));
    }

    @Test
    void helpListsTheCommands() {
        Outcome outcome = prompt.run("help");
        assertEquals(0, outcome.status());
        for (String command : new String[] {"create", "dry-run", "list", "pod-check", "mem-set", "gc"}) {
            assertTrue(outcome.out().contains("\n  " + command + " "), command);
        }
        assertEquals(outcome, prompt.run("--help"));
    }

    @Test
    void helpOfACommandIsTheSameInBothWays() {
        Outcome outcome = prompt.run("help", "pod-check");
        assertEquals(0, outcome.status());
        assertTrue(outcome.out().contains("Exit status:"), outcome.out());
        assertEquals(outcome, prompt.run("pod-check", "--help"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    lst              | there is no command 'lst'; did you mean 'list'?
                    mem-sett         | there is no command 'mem-sett'; did you mean 'mem-set'?
                    netowrk-list     | there is no command 'netowrk-list'; did you mean 'network-list'?
                    foo              | there is no command 'foo'
                    start            | there is no command 'start'
                    remus web host   | xl has the command 'remus', xlj does not have it yet
                    psr-cat-show     | xl has the command 'psr-cat-show', xlj does not have it yet
                    help sched-rtds  | xl has the command 'sched-rtds', xlj does not have it yet
                    help lits        | there is no command 'lits'; did you mean 'list'?
                    -x list          | unknown option: '-x'
                    """)
    void anUnknownCommandIsNamed(String line, String message) {
        assertEquals(new Outcome(2, "", "xlj: " + message + " (see xlj --help)\n"), prompt.run(words(line)));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    pause -q web   | unknown option: '-q'
                    pause web db   | unexpected argument: 'db'
                    pause a b c    | unexpected arguments: 'b', 'c'
                    """)
    void onlyOptionsAreCalledOptions(String line, String message) {
        assertEquals(new Outcome(2, "", "xlj: " + message + " (see xlj pause --help)\n"), prompt.run(words(line)));
    }

    @Test
    void allCommandsOfXlAreKnown() {
        assertEquals(92, XlCommands.NAMES.size());
    }

    @Test
    void anOptionOfXlThatHasNoEffectIsAccepted() {
        assertEquals(prompt.run("version"), prompt.run("-f", "-t", "version"));
    }

    @Test
    void aDryRunDoesNotEvenOpenXen() {
        Outcome nothing = new Outcome(0, "", "xlj: dry run: destroy was not executed\n");
        assertEquals(nothing, prompt.run("-N", "destroy", "web"));
        assertEquals(2, prompt.run("-N", "destroy").status());
        assertEquals(1, prompt.run("-N", "list").status());
    }

    @Test
    void theFirstLineOfTheHelpNamesBothKindsOfGuests() {
        String help = prompt.run("--help").out();
        assertTrue(help.contains("PVH, HVM and PV guests"), help);
        assertEquals(help, prompt.run("-h").out());
    }

    @Test
    void aFullHeapIsAMessage() {
        Prompt failing = new Prompt(options -> {
            throw new OutOfMemoryError("Java heap space");
        });
        Outcome outcome = failing.run("list");
        assertEquals(1, outcome.status());
        assertEquals(
                "xlj: the Java heap is full (Java heap space); set XLJ_JAVA_OPTS=-Xmx1g, or more, to enlarge it\n",
                outcome.err());
    }

    @Test
    void anInternalErrorNamesNoClass() {
        Prompt failing = new Prompt(options -> {
            throw new IllegalStateException("the sky\033[2J is falling");
        });
        assertEquals(
                "xlj: internal error: the sky\\x1b[2J is falling; please report it with the output of --debug\n",
                failing.run("list").err());
    }

    @Test
    void aFailureOfAFileNamesTheFileAndTheReason() {
        assertEquals("/x: permission denied", Failures.reason(new AccessDeniedException("/x")));
        assertEquals(
                "/x: no such file or directory",
                Failures.reason(new UncheckedIOException(new NoSuchFileException("/x"))));
        assertEquals("No space left on device", Failures.reason(new IOException("No space left on device")));
    }

    private static String[] words(String line) {
        return line.isEmpty() ? new String[0] : line.split(" ");
    }
}
