// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config.xl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.xenjava.toolstack.config.xl.XlValue.Items;
import org.xenjava.toolstack.config.xl.XlValue.Text;

/** The grammar alone: what a text says, and where it is wrong. */
class XlGrammarTest {

    static List<Arguments> rightTexts() {
        return List.of(
                says("", "{}"),
                says("\n\n;;\n", "{}"),
                says("# a comment, [\"'\\ and all\n", "{}"),
                says("# a comment at the end of a file without newline", "{}"),
                says("a = \"1\"", "{a=1}"),
                says("a=1;b=2\nc=3", "{a=1, b=2, c=3}"),
                says("\t a\t=\t 1 \t;\t", "{a=1}"),
                says("a = 1 # not 2\nb = '#'", "{a=1, b=#}"),
                says("a.b_c9 = 1", "{a.b_c9=1}"),
                says("a = 0x1f; b = 010; c = 08; d = 12fax", "{a=0x1f, b=010, c=08, d=12fax}"),
                says("a=1\r\nb=[\r\n'x',\r\n]\r\n# c\r\n", "{a=1, b=[x]}"),
                says("a = 'say \"hi\"'; b = \"it's\"", "{a=say \"hi\", b=it's}"),
                says("a = ''; b = \"\"", "{a=, b=}"),
                says("a = '\\'\\\"\\\\'", "{a='\"\\}"),
                says("a = \"\\a\\b\\f\\n\\r\\t\\v\"", "{a=\u0007\b\f\n\r\t\u000B}"),
                says("a = 'ünïcode 🐼'", "{a=ünïcode 🐼}"),
                says("a = 'tab\there, return\rthere'", "{a=tab\there, return\rthere}"),
                says("a=[]; b=[ ]; c=[\n\n]", "{a=[], b=[], c=[]}"),
                says("a=[1]; b=[1,]; c=[1,2]; d=[1,2,]", "{a=[1], b=[1], c=[1, 2], d=[1, 2]}"),
                says("a = [\n 'x', # one\n\n 'y'\n ,\n 'z',\n]", "{a=[x, y, z]}"),
                says("a = [ 1, [ '2', [], [3] ], 4 ]", "{a=[1, [2, [], [3]], 4]}"),
                says("a=1\na=2", "{a=2}"),
                says("a='x'\na+='y'\na+=1", "{a=xy1}"),
                says("a=[1]\na+=[2,3]\na+=[]", "{a=[1, 2, 3]}"),
                says("a+='x'", "{a=x}"),
                says("a='x'; a+='y'; a='z'", "{a=z}"),
                says("a=[]; a='x'; a+='y'", "{a=xy}"),
                says("a=" + "[".repeat(32) + "]".repeat(32), "{a=" + "[".repeat(32) + "]".repeat(32) + "}"));
    }

    @ParameterizedTest
    @MethodSource("rightTexts")
    void aCorrectTextIsParsed(String source, String meaning) {
        assertEquals(meaning, meaning(source), source);
    }

    static List<Arguments> wrongTexts() {
        return List.of(
                isWrong("a", "f:1: expected '=' or '+=' after 'a', found the end of the file"),
                isWrong("\n\na\n", "f:3: expected '=' or '+=' after 'a', found the end of the line"),
                isWrong("a b", "f:1: expected '=' or '+=' after 'a', found 'b'"),
                isWrong("= 1", "f:1: expected a key, found '='"),
                isWrong("1 = 1", "f:1: expected a key, found \"1\""),
                isWrong("'a' = 1", "f:1: expected a key, found \"a\""),
                isWrong(
                        "a = \n1",
                        """
                        f:1: expected a value for 'a', found the end of the line
                        f:2: expected a key, found "1\""""),
                isWrong("a = ;", "f:1: expected a value for 'a', found ';'"),
                isWrong("a =", "f:1: expected a value for 'a', found the end of the file"),
                isWrong("type = pvh", "f:1: expected a value for 'type', found 'pvh': text is quoted"),
                isWrong("a = 'x' 'y'", "f:1: expected the end of the line or ';' after the value of 'a', found \"y\""),
                isWrong(
                        "memory = 256m",
                        "f:1: '256m' is no number: a number has no unit, and amounts of memory are in MiB"),
                isWrong("a = 1 b = 2", "f:1: expected the end of the line or ';' after the value of 'a', found 'b'"),
                isWrong("a = 0xFF", "f:1: '0xFF' is no number: write its letters in lower case"),
                isWrong(
                        "Memory = 1",
                        "f:1: unexpected character 'M' (U+004D): keys are lower case, other words are quoted"),
                isWrong("a = -1", "f:1: unexpected character '-' (U+002D): text is quoted, and this is not Python"),
                isWrong("a = (1)", "f:1: unexpected character '(' (U+0028): text is quoted, and this is not Python"),
                isWrong(
                        "a = \\\n1; b",
                        """
                        f:1: unexpected character '\\' (U+005C): only a list goes on over the end of a line
                        f:2: expected a key, found "1\""""),
                isWrong("a = 1\rb = 2", "f:1: unexpected character '\\u000d' (U+000D)"),
                isWrong("a = 1\u0000", "f:1: unexpected character '\\u0000' (U+0000)"),
                isWrong("\uFEFFa = 1", "f:1: unexpected character '\\ufeff' (U+FEFF)"),
                isWrong("a = 1\n🐼\n", "f:2: unexpected character '🐼' (U+1F43C)"),
                isWrong("a = 'x", "f:1: the string is not closed on its line"),
                isWrong(
                        "a = 'x\n'",
                        """
                        f:1: the string is not closed on its line
                        f:2: the string is not closed on its line"""),
                isWrong("a = \"x'", "f:1: the string is not closed on its line"),
                isWrong("a = 'x\\", "f:1: a string does not go on over the end of its line"),
                isWrong(
                        "a = 'x\\\n'",
                        """
                        f:1: a string does not go on over the end of its line
                        f:2: the string is not closed on its line"""),
                isWrong("a = '\\d'", "f:1: \\d is not an escape; a backslash is written \\\\"),
                isWrong("a = '\\🐼'", "f:1: \\🐼 is not an escape; a backslash is written \\\\"),
                isWrong("a = '\\x41'", "f:1: \\x: numeric escapes are refused, because xl loses their character"),
                isWrong("a = '\\101'", "f:1: \\1: numeric escapes are refused, because xl loses their character"),
                isWrong("a = 'x\u0000y'", "f:1: a string holds a NUL character"),
                isWrong("a = [", "f:1: the list opened here is not closed"),
                isWrong("a = [ 1,\n\n", "f:1: the list opened here is not closed"),
                isWrong("b = 1\na = [ 1\n# end", "f:2: the list opened here is not closed"),
                isWrong("a = [ [ 1 ]", "f:1: the list opened here is not closed"),
                isWrong("a = [,]", "f:1: expected a value in the list opened on line 1, found ','"),
                isWrong("a = [1,\n,2]", "f:2: expected a value in the list opened on line 1, found ','"),
                isWrong("a = [1 2]", "f:1: expected ',' or ']' in the list opened on line 1, found \"2\""),
                isWrong("a = [1;2]", "f:1: expected ',' or ']' in the list opened on line 1, found ';'"),
                isWrong("a = ]", "f:1: expected a value for 'a', found ']'"),
                isWrong("a = [1]]", "f:1: expected the end of the line or ';' after the value of 'a', found ']'"),
                isWrong("a = [ x ]", "f:1: expected a value in the list opened on line 1, found 'x': text is quoted"),
                isWrong(
                        "a = 1\na += [2]",
                        "f:2: 'a' was text or a list on line 1: += adds text to text and lists to lists"),
                isWrong("a = " + "[".repeat(33) + "]".repeat(33), "f:1: lists are nested deeper than 32"),
                isWrong("a = " + "[".repeat(100_000), "f:1: lists are nested deeper than 32"));
    }

    @ParameterizedTest
    @MethodSource("wrongTexts")
    void aWrongTextIsReportedWithItsPosition(String source, String errors) {
        assertEquals(errors, errors(source), source);
    }

    @Test
    void theParserContinuesAfterAWrongLine() {
        XlDiagnostics findings = new XlDiagnostics("f");
        assertEquals("{a=1, d=4}", meaning("a = 1\nb = = 2; c = 3\nd = 4", findings));
        assertEquals(
                "f:2: expected a value for 'b', found '='", findings.exception().getMessage());
    }

    @Test
    void theParserContinuesAfterAWrongListOfManyLines() {
        XlDiagnostics findings = new XlDiagnostics("f");
        String source = "disk = [ 'a',\n 'b' 'c',\n [ 'd' ],\n 'e' ]\nname = 'x'";
        assertEquals("{name=x}", meaning(source, findings));
        assertEquals(
                "f:2: expected ',' or ']' in the list opened on line 1, found \"c\"",
                findings.exception().getMessage());
    }

    @Test
    void aListThatIsNotClosedEndsWhereTheNextAssignmentBegins() {
        XlDiagnostics findings = new XlDiagnostics("f");
        assertEquals("{memory=1, name=x}", meaning("disk = [ 'a',\n 'b'\nname = 'x'\nmemory = 1", findings));
        assertEquals(
                "f:3: expected ',' or ']' in the list opened on line 1, found 'name'",
                findings.exception().getMessage());
    }

    @Test
    void aSettingHasTheLineOfItsLastAssignment() {
        Map<String, XlSetting> settings = XlParser.parse("a=1\nb=[\n1,\n2]\n\na+=2", new XlDiagnostics("f"));
        assertEquals(6, settings.get("a").line());
        assertEquals(2, settings.get("b").line());
    }

    @Test
    void aReplacedValueIsReported() {
        XlDiagnostics findings = new XlDiagnostics("f");
        XlParser.parse("a=1\nb=2\na=3\na=4", findings);
        assertEquals(
                "[f:3: 'a' replaces its value of line 1, f:4: 'a' replaces its value of line 3]",
                findings.warnings().toString());
    }

    @Test
    void numbersAreThoseOfStrtol() {
        assertEquals(
                "0 7 8 -8 16 255 256 256 9223372036854775807 -9223372036854775808",
                numbers(
                        "0",
                        "07",
                        "010",
                        "-010",
                        "0x10",
                        "0xFf",
                        "256",
                        " \t\n+256",
                        "9223372036854775807",
                        "-9223372036854775808"));
        assertEquals(
                "- - - - - - - - - - -",
                numbers("", " ", "08", "0x", "1f", "256m", "256 ", "- 1", "#10", "9223372036854775808", "٣"));
    }

    private static String numbers(String... texts) {
        return List.of(texts).stream()
                .map(text -> new Text(text).number())
                .map(number -> number.isPresent() ? String.valueOf(number.getAsLong()) : "-")
                .collect(Collectors.joining(" "));
    }

    private static Arguments says(String source, String meaning) {
        return Arguments.of(source, meaning);
    }

    private static Arguments isWrong(String source, String errors) {
        return Arguments.of(source, errors);
    }

    private static String meaning(String source) {
        XlDiagnostics findings = new XlDiagnostics("f");
        String meaning = meaning(source, findings);
        assertTrue(!findings.hasErrors(), () -> findings.exception().getMessage());
        return meaning;
    }

    private static String meaning(String source, XlDiagnostics findings) {
        Map<String, String> meaning = new TreeMap<>();
        XlParser.parse(source, findings).forEach((key, setting) -> meaning.put(key, plain(setting.value())));
        return meaning.toString();
    }

    private static String plain(XlValue value) {
        if (value instanceof Items list) {
            return list.items().stream().map(XlGrammarTest::plain).toList().toString();
        }
        return ((Text) value).text();
    }

    private static String errors(String source) {
        XlDiagnostics findings = new XlDiagnostics("f");
        XlParser.parse(source, findings);
        assertTrue(findings.hasErrors(), "nothing is wrong");
        return findings.exception().getMessage();
    }
}
