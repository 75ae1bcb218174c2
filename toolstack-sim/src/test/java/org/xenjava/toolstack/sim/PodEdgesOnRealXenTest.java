// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Every row of {@code pod-edges.txt}, which real Xen 4.17.7 printed. */
class PodEdgesOnRealXenTest {

    @TestFactory
    Stream<DynamicTest> theSimulationPrintsWhatXenPrinted() throws IOException {
        Map<String, List<String>> expected = sections(recording());
        Map<String, List<String>> actual = sections(new PodEdgesProgram().run());
        assertEquals(List.copyOf(expected.keySet()), List.copyOf(actual.keySet()));
        return expected.keySet().stream()
                .map(title -> DynamicTest.dynamicTest(
                        title,
                        () -> assertEquals(
                                String.join("\n", expected.get(title)), String.join("\n", actual.get(title)))));
    }

    private static List<String> recording() throws IOException {
        try (InputStream in = PodEdgesOnRealXenTest.class.getResourceAsStream("pod-edges.txt")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
        }
    }

    private static Map<String, List<String>> sections(List<String> lines) {
        Map<String, List<String>> sections = new LinkedHashMap<>();
        String title = "";
        for (String line : lines) {
            String words = line.trim().replaceAll(" +", " ");
            if (words.startsWith("== ")) {
                title = words.substring(3);
                sections.put(title, new ArrayList<>());
            } else {
                sections.get(title).add(words);
            }
        }
        return sections;
    }
}
