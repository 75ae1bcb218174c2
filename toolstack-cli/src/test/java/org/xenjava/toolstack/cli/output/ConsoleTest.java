// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.output;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.Help.Ansi;

class ConsoleTest {
    /** Sets the colour, then the clipboard, and turns the text around. */
    private static final String HOSTILE = "a\033[31mb\033]52;c;eA==\007\u202ecod";

    private static final String HARMLESS = "a\\x1b[31mb\\x1b]52;c;eA==\\x07\\u202ecod";

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final Console console = console(Ansi.OFF);

    @Test
    void aLineIsEscaped() {
        console.print(HOSTILE);
        assertEquals(HARMLESS + "\n", text(out));
    }

    @Test
    void aLineStaysOneLine() {
        console.print("name\nDomain-0\r\u2028\tx");
        assertEquals("name\\x0aDomain-0\\x0d\\u2028\tx\n", text(out));
    }

    @Test
    void textInAnyScriptStaysAsItIs() {
        console.print("größer, 日本, עברית, 🐼");
        assertEquals("größer, 日本, עברית, 🐼\n", text(out));
    }

    @Test
    void invisibleAndBrokenCharactersAreEscaped() {
        console.print("a\u200bb\ud800c\udb40\udc41");
        assertEquals("a\\u200bb\\ud800c\\U000e0041\n", text(out));
    }

    @Test
    void aMessageIsEscapedLineByLine() {
        console.complain("first " + HOSTILE + "\nsecond");
        assertEquals("xlj: first " + HARMLESS + "\nxlj: second\n", text(err));
    }

    @Test
    void aStyledLineKeepsItsStyleOnly() {
        console(Ansi.ON).print(new StyledLine().styled("red", HOSTILE).plain(HOSTILE));
        assertEquals("\033[31m" + HARMLESS + "\033[39m" + HARMLESS + "\n", text(out));
    }

    @Test
    void jsonMeansTheSameText() {
        record Document(String name) {}
        console.print(Json.line(new Document("\u009b\u202e\033\udb40\udc41")));
        assertEquals("{\"name\":\"\\u009b\\u202e\\u001b\\udb40\\udc41\"}\n", text(out));
    }

    @Test
    void theProgressLineIsEscapedCutAndClearedForALine() {
        console.progress().show("x".repeat(200));
        console.progress().show(HOSTILE);
        console.note("done");
        console.progress().clear();
        String rewrite = "\r\033[K";
        assertEquals(rewrite + "x".repeat(79) + rewrite + HARMLESS + rewrite + "done\n", text(err));
    }

    @Test
    void redrawingReplacesTheLinesOfTheLastTime() {
        console.redraw(List.of("1", "2"));
        console.redraw(List.of(HOSTILE));
        assertEquals("1\n2\n\033[2F\033[J" + HARMLESS + "\n", text(out));
    }

    @Test
    void aGuestsBytesPassUnchanged() throws Exception {
        console.guestOutput().write(HOSTILE.getBytes(StandardCharsets.UTF_8));
        assertEquals(HOSTILE, text(out));
    }

    @Test
    void colourIsForTerminalsThatWantIt() {
        assertEquals(Ansi.ON, Console.ansi(true, Map.of("TERM", "xterm", "NO_COLOR", "")));
        assertEquals(Ansi.OFF, Console.ansi(true, Map.of("TERM", "xterm", "NO_COLOR", "1")));
        assertEquals(Ansi.OFF, Console.ansi(true, Map.of("TERM", "dumb")));
        assertEquals(Ansi.OFF, Console.ansi(false, Map.of("TERM", "xterm")));
    }

    private Console console(Ansi ansi) {
        return new Console(InputStream.nullInputStream(), utf8(out), utf8(err), Set.of(), ansi);
    }

    private static PrintStream utf8(ByteArrayOutputStream target) {
        return new PrintStream(target, true, StandardCharsets.UTF_8);
    }

    private static String text(ByteArrayOutputStream stream) {
        return stream.toString(StandardCharsets.UTF_8);
    }
}
