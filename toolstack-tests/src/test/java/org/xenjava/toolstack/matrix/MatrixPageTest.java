// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.matrix;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The page and the file of findings are two forms of one measurement. */
class MatrixPageTest {
    private static final Path PAGE = Path.of("../docs/matrix.md");

    private final Measurement measured = Measurement.read(MatrixTest.MEASURED);

    @Test
    void thePageShowsWhatWasMeasured(@TempDir Path directory) throws IOException {
        Path copy = Files.copy(PAGE, directory.resolve("matrix.md"));
        MatrixPage.of(measured).update(copy);
        assertEquals(Files.readString(copy), Files.readString(PAGE));
    }

    @Test
    void aMeasurementIsReadAsItWasWritten(@TempDir Path directory) throws IOException {
        Path copy = directory.resolve("measured.json");
        measured.write(copy);
        assertEquals(measured, Measurement.read(copy));
        assertEquals(Files.readString(MatrixTest.MEASURED), Files.readString(copy));
    }
}
