// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config.libxl;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class XlComparisonTest {
    private static final String RECORDED = "h4-hvm-pod-512-4096";

    @TempDir
    Path directory;

    private String outcome(String more, Optional<String> json) throws IOException {
        Path file = Files.writeString(
                directory.resolve("guest.cfg"), LibxlConfigTest.text(RECORDED + ".cfg") + "\n" + more);
        return XlComparison.outcome(file, json);
    }

    @Test
    void theGuestThatXlMadeOfTheSameFileIsEqual() throws IOException {
        assertEquals("equal", outcome("", Optional.of(LibxlConfigTest.text(RECORDED + ".json"))));
    }

    @Test
    void anOtherValueIsADifferenceWithItsPlace() throws IOException {
        assertEquals(
                "clock.offsetSeconds: xl 0, here 7; hvm.boot: xl cda, here nc",
                outcome("rtc_timeoffset = 7\nboot = 'nc'", Optional.of(LibxlConfigTest.text(RECORDED + ".json"))));
    }

    @Test
    void aRefusalSaysWhose() throws IOException {
        assertEquals("read here, refused by xl", outcome("", Optional.empty()));
        assertEquals("refused by both", outcome("vcpus = 0", Optional.empty()));
    }
}
