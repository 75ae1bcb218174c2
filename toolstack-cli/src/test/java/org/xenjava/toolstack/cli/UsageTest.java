// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
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

    private static String[] words(String line) {
        return line.isEmpty() ? new String[0] : line.split(" ");
    }
}
