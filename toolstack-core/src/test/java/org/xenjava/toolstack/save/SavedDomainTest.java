// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.save;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.libxl.LibxlConfig;
import org.xenjava.toolstack.config.xl.XlConfigReader;
import org.xenjava.toolstack.error.DomainStateException;
import org.xenjava.toolstack.stream.SaveStreamWriter;
import org.xenjava.toolstack.stream.StreamRecord;
import org.xenjava.toolstack.stream.XlHeader;
import org.xenjava.toolstack.xenctrl.abi.XenRelease;

class SavedDomainTest {
    private static final String GUEST = "name = 'web'\ntype = 'hvm'\nmemory = 64\n";

    @TempDir
    private Path directory = Path.of("");

    /** A file that ends behind its {@code ImageStart}. */
    private Path file(String more) throws IOException {
        DomainConfig config = XlConfigReader.parse(GUEST + more, "web.cfg").config();
        Path file = directory.resolve("web.save");
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            SaveStreamWriter writer = new SaveStreamWriter(channel);
            writer.header(new XlHeader(
                    XlHeader.ConfigFormat.LIBXL_JSON, LibxlConfig.of(config).text()));
            writer.write(new StreamRecord.ImageStart(3, StreamRecord.DomainKind.HVM, 4, 17));
        }
        return file;
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "pci = ['0000:03:00.0'] | has PCI devices of the host, whose state a stream does not have",
                "usbctrl = ['version=2'] | has USB controllers for devices of the host, whose state a stream does not have",
                "ioports = ['3f8-3ff'] | has ports, memory or interrupts of the host, whose state a stream does not have",
                "iomem = ['fe000,1'] | has ports, memory or interrupts of the host, whose state a stream does not have",
                "irqs = [5] | has ports, memory or interrupts of the host, whose state a stream does not have",
                "rdm = 'strategy=host' | has rdm, and a stream does not say which memory its RAM leaves out",
                "p9 = ['tag=share,path=/srv,security_model=none'] | has a 9pfs share, whose driver cannot reconnect",
                "vnuma = [['pnode=0', 'size=64', 'vcpus=0', 'vdistances=10']] | has vnuma, whose nodes a stream does not have"
            })
    void aGuestThatIsNotSavedIsNotRestored(String more, String reason) throws IOException {
        Path file = file(more);
        DomainStateException e =
                assertThrows(DomainStateException.class, () -> SavedDomain.open(file, XenRelease.V4_17));
        assertEquals(file + ": the guest cannot be restored: it " + reason, e.getMessage());
    }

    @Test
    void anotherGuestIsRestored() throws IOException {
        try (SavedDomain saved = SavedDomain.open(file(""), XenRelease.V4_17)) {
            assertEquals("web", saved.config().name());
        }
    }
}
