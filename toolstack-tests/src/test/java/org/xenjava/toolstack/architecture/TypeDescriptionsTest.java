// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.architecture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The description of a type begins with its subject: a noun or, for machinery, a verb. */
class TypeDescriptionsTest {
    private static final Pattern DESCRIBED_TYPE =
            Pattern.compile("/\\*\\*\\s*(?:\\*\\s)?\\s*([^/]*?)\\*/\\s*(?:@[^\\n]+\\n\\s*)*"
                    + "(?:(?:public|protected|private|static|final|abstract|sealed|non-sealed) )*"
                    + "(?:class|record|enum|interface|@interface) \\w+");
    private static final Pattern WITHOUT_SUBJECT =
            Pattern.compile("(?:It|What|Who|Whether|Where|How|By how|Which|Of|This)\\b.*", Pattern.DOTALL);

    @Test
    void aDescriptionNamesItsSubjectFirst() {
        List<Path> files = JavaSources.all();
        assertTrue(files.size() > 800, files.size() + " files found");
        assertTrue(files.stream().flatMap(TypeDescriptionsTest::descriptions).count() > 800);
        assertEquals(
                List.of(),
                files.stream()
                        .flatMap(file -> descriptions(file)
                                .filter(WITHOUT_SUBJECT.asMatchPredicate())
                                .map(text -> file + ": " + text))
                        .toList());
    }

    private static Stream<String> descriptions(Path file) {
        try {
            return DESCRIBED_TYPE.matcher(Files.readString(file)).results().map(type -> type.group(1));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
