// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config.xl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.config.xl.XlSetting.Operator;
import org.xenjava.toolstack.config.xl.XlValue.Items;
import org.xenjava.toolstack.config.xl.XlValue.Text;

/** The same verdict and the same values as xl's own parser: see the README beside its recorded answers. */
class XlGrammarIsLibxlusTest {

    @Test
    void everyTextIsParsedAsByLibxlu() throws IOException {
        List<String> answers = answers();
        assertTrue(answers.size() > 500);
        for (String answer : answers) {
            String text = answer.substring(0, answer.indexOf('\t') < 0 ? answer.length() : answer.indexOf('\t'));
            assertEquals(answer, text + ours(unescape(text)));
        }
    }

    private static String ours(String source) {
        XlDiagnostics findings = new XlDiagnostics("text");
        Map<String, XlSetting> settings = XlParser.parse(source, findings);
        return findings.hasErrors()
                ? "\terror"
                : List.of("a", "b", "c", "d").stream()
                        .filter(settings::containsKey)
                        .map(key -> "\t" + key + "=" + plain(settings.get(key)))
                        .collect(Collectors.joining());
    }

    private static String plain(XlSetting setting) {
        OptionalLong number = setting.value() instanceof Text text && setting.operator() == Operator.ASSIGN
                ? text.number()
                : OptionalLong.empty();
        return plain(setting.value()) + (number.isPresent() ? "#" + number.getAsLong() : "");
    }

    private static String plain(XlValue value) {
        if (value instanceof Items list) {
            return list.items().stream().map(XlGrammarIsLibxlusTest::plain).collect(Collectors.joining(" ", "[", "]"));
        }
        return '"'
                + ((Text) value)
                        .text()
                        .replace("\\", "\\\\")
                        .replace("\n", "\\n")
                        .replace("\t", "\\t")
                        .replace("\r", "\\r")
                + '"';
    }

    private static String unescape(String line) {
        StringBuilder text = new StringBuilder();
        for (int at = 0; at < line.length(); at++) {
            char c = line.charAt(at);
            if (c == '\\') {
                c = line.charAt(++at);
                c = c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c;
            }
            text.append(c);
        }
        return text.toString();
    }

    private static List<String> answers() throws IOException {
        try (InputStream in = Objects.requireNonNull(
                XlGrammarIsLibxlusTest.class.getResourceAsStream("libxlu/answers.txt"), "answers.txt")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
        }
    }
}
