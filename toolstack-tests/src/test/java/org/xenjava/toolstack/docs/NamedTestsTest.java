// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The test classes that the documentation names as evidence. */
class NamedTestsTest {
    private static final Path REPOSITORY = Path.of("..");
    private static final Pattern NAMED = Pattern.compile("`([A-Z]\\w+Test)(?:\\.\\w+)?`");

    @Test
    void everyTestThatTheDocumentationNamesExists() throws IOException {
        Set<String> present = files(REPOSITORY, "Test.java")
                .map(file -> file.getFileName().toString().replace(".java", ""))
                .collect(Collectors.toSet());
        TreeMap<String, Set<String>> missing = new TreeMap<>();
        int named = 0;
        for (Path page : files(REPOSITORY.resolve("docs"), ".md").toList()) {
            Set<String> names = NAMED.matcher(Files.readString(page))
                    .results()
                    .map(name -> name.group(1))
                    .collect(Collectors.toCollection(TreeSet::new));
            named += names.size();
            names.removeAll(present);
            if (!names.isEmpty()) {
                missing.put(page.getFileName().toString(), names);
            }
        }
        assertEquals(new TreeMap<>(), missing);
        assertTrue(named > 0, "the documentation names tests");
    }

    private static Stream<Path> files(Path root, String suffix) throws IOException {
        try (Stream<Path> files = Files.walk(root)) {
            List<Path> found = files.filter(file -> file.toString().endsWith(suffix))
                    .filter(file -> !file.toString().contains("/target/"))
                    .toList();
            return found.stream();
        }
    }
}
