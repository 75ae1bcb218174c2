// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config.xl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.error.ConfigException;

/** The same guest as xl and libxl understand: see the README beside their recorded answers. */
class XlMeaningIsXlsTest {

    @Test
    void theSimplestGuestHasXlsDefaults() throws IOException {
        String[] first = answers().get(0).split("\t");
        Map<String, String> theirs = Arrays.stream(first)
                .skip(1)
                .map(fact -> fact.split("=", 2))
                .collect(Collectors.toMap(fact -> fact[0], fact -> fact[1]));
        Map<String, String> ours = facts(first[0]);
        theirs.keySet().retainAll(ours.keySet());
        assertEquals(ours, new TreeMap<>(theirs));
        assertTrue(ours.size() > 20);
    }

    @Test
    void everyTextMeansTheSameGuestAsForXl() throws IOException {
        List<String> answers = answers();
        assertTrue(answers.size() > 1000);
        Map<String, String> simplest = facts(answers.get(0).split("\t")[0]);
        String theirs = answers.stream().skip(1).collect(Collectors.joining("\n"));
        String ours = answers.stream()
                .skip(1)
                .map(answer -> answer.split("\t")[0])
                .map(text -> text + difference(text, simplest))
                .collect(Collectors.joining("\n"));
        assertEquals(theirs, ours);
    }

    private static String difference(String text, Map<String, String> simplest) {
        Map<String, String> facts;
        try {
            facts = facts(text);
        } catch (ConfigException e) {
            return "\terror";
        }
        TreeSet<String> keys = new TreeSet<>(simplest.keySet());
        keys.addAll(facts.keySet());
        return keys.stream()
                .filter(key -> !Objects.equals(facts.get(key), simplest.get(key)))
                .map(key -> "\t" + key + "=" + facts.getOrDefault(key, ""))
                .collect(Collectors.joining());
    }

    private static Map<String, String> facts(String text) {
        return XlFacts.of(XlConfigReader.parse(text, "text").config());
    }

    private static List<String> answers() throws IOException {
        try (InputStream in = Objects.requireNonNull(
                XlMeaningIsXlsTest.class.getResourceAsStream("xl-answers/answers.txt"), "answers.txt")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
        }
    }
}
