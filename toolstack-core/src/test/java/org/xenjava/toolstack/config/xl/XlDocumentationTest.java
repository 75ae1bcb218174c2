// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config.xl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.config.xl.XlKey.Status;

/** The reader does what {@code docs/xl-cfg.md} and {@code examples} say. */
class XlDocumentationTest {
    private static final Path ROOT = Path.of("..");

    @Test
    void theDocumentListsEverySupportedKey() throws IOException {
        assertEquals(
                XlKeys.all().stream()
                        .filter(XlDocumentationTest::isSupported)
                        .map(key -> "| `%s` | %s | %s |".formatted(key.name(), kind(key), guests(key)))
                        .collect(Collectors.joining("\n")),
                rows("Supported keys").stream()
                        .map(row -> row.replaceFirst("((?:\\|[^|]*){3}\\|).*", "$1"))
                        .collect(Collectors.joining("\n")));
    }

    @Test
    void theDocumentExplainsEveryOtherKey() throws IOException {
        assertEquals(
                XlKeys.all().stream()
                        .filter(key -> !isSupported(key))
                        .map(XlDocumentationTest::row)
                        .collect(Collectors.joining("\n")),
                String.join("\n", rows("Other keys")));
    }

    @Test
    void theDocumentListsTheKeysOfOtherTools() throws IOException {
        List<String> lines = Files.readAllLines(ROOT.resolve("docs/xl-cfg.md"));
        XlLeftovers.BY_ORIGIN.forEach((origin, keys) -> {
            String row = "| " + origin + " | `" + keys.replace(" ", "`, `") + "` |";
            assertTrue(lines.contains(row), row);
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"pvh.cfg", "pvh-pod.cfg", "pvh-disk.cfg", "hvm.cfg", "hvm-pod.cfg"})
    void anExampleReadsWithoutAWarning(String name) {
        XlConfigReader.Result result =
                XlConfigReader.read(ROOT.resolve("examples").resolve(name));
        assertEquals(List.of(), result.warnings());
        assertEquals(name, result.config().name() + ".cfg");
        assertEquals(name.contains("pod"), result.config().populateOnDemand());
        assertEquals(name.contains("hvm"), result.config().type() == DomainType.HVM);
    }

    private static String row(XlKey key) {
        return "| `%s` | %s | %s | %s | %s |"
                .formatted(
                        key.name(),
                        kind(key),
                        guests(key),
                        key.status().name().toLowerCase(Locale.ROOT) + except(key),
                        key.reason());
    }

    private static String except(XlKey key) {
        if (key.status() != Status.REFUSED && key.status() != Status.SUPPORTED_IN_HVM) {
            return "";
        }
        String value = key.harmless().map(word -> "`" + word + "`").orElse("");
        String list = key.kind().isList() ? "`[]`" : "";
        String both = value.isEmpty() || list.isEmpty() ? value + list : value + ", " + list;
        return both.isEmpty() ? "" : ", except " + both;
    }

    private static boolean isSupported(XlKey key) {
        return key.status() == Status.SUPPORTED || key.status() == Status.SUPPORTED_IN_HVM;
    }

    private static String guests(XlKey key) {
        if (key.status() == Status.SUPPORTED_IN_HVM) {
            return "HVM; refused in others" + except(key) + ": " + key.reason();
        }
        return switch (key.guests()) {
            case ANY -> "any";
            case HVM -> "HVM";
            case NOT_HVM -> "not HVM";
            case NOT_PVH -> "HVM, PV";
            case PVH -> "PVH";
            case PV -> "PV";
        };
    }

    private static String kind(XlKey key) {
        return key.kind().name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    /** The table's rows about keys below a heading. */
    private static List<String> rows(String heading) throws IOException {
        return Files.readAllLines(ROOT.resolve("docs/xl-cfg.md")).stream()
                .dropWhile(line -> !line.equals("## " + heading))
                .skip(1)
                .takeWhile(line -> !line.startsWith("## "))
                .filter(line -> line.startsWith("| `"))
                .toList();
    }
}
