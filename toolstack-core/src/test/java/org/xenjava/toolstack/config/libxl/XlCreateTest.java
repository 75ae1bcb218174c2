// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config.libxl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.xl.XlConfigReader;
import org.xenjava.toolstack.config.xl.XlConfigWriter;

/** Files and the JSON that {@code xl -N create} of Xen 4.17.7 printed for each, recorded with {@code lab/xlcfg --keep}. */
class XlCreateTest {
    private static List<Path> files() throws IOException, URISyntaxException {
        Path directory = Path.of(Objects.requireNonNull(XlCreateTest.class.getResource("xl-create"))
                .toURI());
        try (Stream<Path> all = Files.list(directory)) {
            return all.filter(file -> file.toString().endsWith(".cfg")).sorted().toList();
        }
    }

    private static Path json(Path file) {
        return file.resolveSibling(file.getFileName().toString().replace(".cfg", ".json"));
    }

    @Test
    void eachFileIsTheGuestThatXlMakesOfIt() throws IOException, URISyntaxException {
        assertTrue(files().size() > 30);
        for (Path file : files()) {
            assertEquals(
                    "equal", XlComparison.outcome(file, Optional.of(Files.readString(json(file)))), file.toString());
        }
    }

    @Test
    void xlsTextIsWrittenByteForByte() throws IOException, URISyntaxException {
        for (Path file : files()) {
            String theirs = Files.readString(json(file));
            assertEquals(theirs, LibxlConfig.parse(theirs, "xl").text(), file.toString());
        }
    }

    @Test
    void theGuestOfXlsJsonIsWrittenAndReadBack() throws IOException, URISyntaxException {
        for (Path file : files()) {
            DomainConfig theirs =
                    LibxlConfig.parse(Files.readString(json(file)), "xl").read().config();
            LibxlConfig.Reading again =
                    LibxlConfig.parse(LibxlConfig.of(theirs).text(), "written").read();
            assertEquals(List.of(), again.ignored(), file.toString());
            assertEquals(
                    List.of(),
                    XlComparison.differences(
                            "", theirs.otherDevices(), again.config().otherDevices()),
                    file.toString());
            assertEquals(theirs.describedKeys(), again.config().describedKeys(), file.toString());
            assertEquals(theirs.deviceModel(), again.config().deviceModel(), file.toString());
            assertEquals(theirs.label(), again.config().label(), file.toString());
            assertEquals(
                    theirs.nics().stream()
                            .map(nic -> nic.backendDomain().isPresent() ? nic : nic.withType(nic.typeIn(theirs.type())))
                            .toList(),
                    again.config().nics(),
                    file.toString());
        }
    }

    @Test
    void aWrittenFileIsReadAsTheSameGuest() throws IOException, URISyntaxException {
        for (Path file : files()) {
            DomainConfig ours = XlConfigReader.read(file).config();
            String text = XlConfigWriter.write(ours);
            assertEquals(ours, XlConfigReader.parse(text, "written").config(), file.toString());
        }
    }
}
