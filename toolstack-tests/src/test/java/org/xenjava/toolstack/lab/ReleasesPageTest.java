// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ReleasesPageTest {
    private static final Path RESULTS = Path.of("src/test/resources/releases");
    private static final Path PAGE = Path.of("../docs/releases.md");

    @Test
    void theCommittedPageShowsTheCommittedResults() throws IOException {
        assertEquals(ReleasesPage.of(RESULTS).text(), Files.readString(PAGE));
        assertFalse(Files.readString(PAGE).contains("FAILED"));
    }

    @Test
    void aValueMayContainAColon() {
        assertEquals(Map.of("a", "b: c"), ReleasesPage.rows(List.of("a: b: c")));
    }
}
