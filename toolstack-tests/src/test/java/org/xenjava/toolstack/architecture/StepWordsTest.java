// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.architecture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.error.OperationStep;
import org.xenjava.toolstack.progress.CreateStep;
import org.xenjava.toolstack.progress.RemovalStep;

/** A test compares a step with its value or asks the value for its words, and does not repeat its English text. */
class StepWordsTest {
    private static final Pattern TEXT = Pattern.compile("\"(?:[^\"\\\\\n]|\\\\.)*\"");

    private static final List<String> WORDS = Stream.concat(
                    Stream.of(CreateStep.values()), Stream.of(RemovalStep.values()))
            .map(OperationStep::words)
            .toList();

    @Test
    void noTestNamesAStepByItsEnglishText() {
        List<Path> files = JavaSources.ofTests();
        assertTrue(files.size() > 200, files.size() + " files found");
        assertEquals(List.of(), files.stream().flatMap(StepWordsTest::steps).toList());
    }

    private static Stream<String> steps(Path file) {
        try {
            Matcher texts = TEXT.matcher(Files.readString(file));
            return texts.results()
                    .filter(text -> WORDS.stream().anyMatch(text.group()::contains))
                    .map(text -> file + ": " + text.group());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
