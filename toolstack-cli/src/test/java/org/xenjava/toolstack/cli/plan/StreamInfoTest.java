// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xenjava.toolstack.cli.Prompt;
import org.xenjava.toolstack.cli.Prompt.Outcome;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.stream.PageBatch;
import org.xenjava.toolstack.stream.PageType;
import org.xenjava.toolstack.stream.SaveStreamWriter;
import org.xenjava.toolstack.stream.StreamRecord;
import org.xenjava.toolstack.stream.XlHeader;
import org.xenjava.toolstack.xenctrl.units.Pages;

class StreamInfoTest {
    private static final List<StreamRecord> RECORDS = List.of(
            new StreamRecord.ImageStart(3, StreamRecord.DomainKind.HVM, 4, 17),
            new StreamRecord.StaticDataEnd(),
            PageBatch.of(
                    new long[] {5, 6},
                    new PageType[] {PageType.NORMAL, PageType.ABSENT},
                    ByteBuffer.allocate(Pages.BYTES)),
            new StreamRecord.ImageEnd(),
            new StreamRecord.StreamEnd());

    private final Prompt prompt = Prompt.on(SimulatedXen.create());
    private Path file = Path.of("");

    @BeforeEach
    void write(@TempDir Path directory) throws IOException {
        file = directory.resolve("web.save");
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            SaveStreamWriter writer = new SaveStreamWriter(channel);
            writer.header(new XlHeader(XlHeader.ConfigFormat.LIBXL_JSON, "{\n}"));
            for (StreamRecord record : RECORDS) {
                writer.write(record);
            }
        }
    }

    @Test
    void theRecordsOfAFileAreListed() {
        String expected =
                """
                    offset      bytes  records
                      0x48          0  LIBXC_CONTEXT  libxc version 3, kind HVM, written by Xen 4.17
                      0x78          0  STATIC_DATA_END
                      0x80       4120  PAGE_DATA  2 entries, 1 pages of which 1 are zero, 0 without content, 1 absent
                    0x10a0          0  END
                    0x10a8          0  END
                The file is well-formed: 4272 bytes, 1 pages of which 1 are zero.
                """;
        assertEquals(new Outcome(0, expected, ""), prompt.run("stream-info", file.toString()));
        assertEquals(new Outcome(0, "{\n}\n", ""), prompt.run("stream-info", "--config", file.toString()));
    }

    @Test
    void bytesBehindTheEndAreReported() throws IOException {
        Files.write(file, new byte[44], StandardOpenOption.APPEND);
        Outcome outcome = prompt.run("stream-info", file.toString());
        assertTrue(outcome.out().endsWith("44 bytes follow the end of the stream.\n"), outcome.out());
    }

    @Test
    void jsonHasTheCountsOfThePages() {
        JsonObject json = JsonParser.parseString(
                        prompt.run("stream-info", "--json", file.toString()).out())
                .getAsJsonObject();
        assertEquals("4.17", json.get("xen_version").getAsString());
        assertEquals(1, json.getAsJsonObject("pages").get("absent").getAsInt());
        assertEquals(5, json.getAsJsonArray("records").size());
    }

    @Test
    void aDamagedFileIsReportedWithThePlace() throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.truncate(4000);
        }
        assertEquals(
                new Outcome(1, "", "xlj: byte 4000: PAGE_DATA: the stream ends here\n"),
                prompt.run("stream-info", file.toString()));
    }

    @Test
    void aFileThatIsMissingIsReported() {
        assertEquals(
                new Outcome(1, "", "xlj: " + file + "x: no such file or directory\n"),
                prompt.run("stream-info", file + "x"));
    }
}
