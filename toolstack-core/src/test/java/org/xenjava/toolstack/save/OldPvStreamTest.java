// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.save;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.DomainSaving.Afterwards;
import org.xenjava.toolstack.error.SaveStreamException;
import org.xenjava.toolstack.host.TestHost;
import org.xenjava.toolstack.progress.Cancellation;
import org.xenjava.toolstack.progress.CreateListener;
import org.xenjava.toolstack.stream.Blob;
import org.xenjava.toolstack.stream.PvRecord;
import org.xenjava.toolstack.stream.SaveStreamReader;
import org.xenjava.toolstack.stream.SaveStreamWriter;
import org.xenjava.toolstack.stream.StreamRecord;

/** Streams of PV guests from before Xen 4.14 (version 2), which do not say where the static data end. */
class OldPvStreamTest {
    private static final int OLD_VERSION = 2;

    private final TestHost host = TestHost.create();

    @TempDir
    Path directory;

    private Path file = Path.of("");
    private Path old = Path.of("");

    @BeforeEach
    void save() {
        file = directory.resolve("web.save");
        old = directory.resolve("old.save");
        Domain domain =
                host.toolstack.create(TestHost.pvGuest("web", 32).vcpus(2).build());
        domain.unpause();
        host.xen.advance(Duration.ofMinutes(1));
        PassingTime.during(host.xen, () -> domain.saving().save(file, Afterwards.DESTROY));
    }

    @AfterEach
    void close() {
        host.close();
    }

    /** Rewrites the file up to the first list of pages, which others precede. */
    private void rewrite(List<PvRecord.P2mFrames> before, boolean whole) throws IOException {
        try (FileChannel in = FileChannel.open(file);
                FileChannel out = FileChannel.open(old, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            SaveStreamReader reader = new SaveStreamReader(in);
            SaveStreamWriter writer = new SaveStreamWriter(out);
            writer.header(reader.header());
            StreamRecord record = reader.next();
            while (!(record instanceof PvRecord.P2mFrames)) {
                if (record instanceof StreamRecord.ImageStart start) {
                    writer.write(
                            new StreamRecord.ImageStart(OLD_VERSION, start.kind(), start.xenMajor(), start.xenMinor()));
                } else if (record instanceof PvRecord) {
                    writer.write(record);
                }
                record = reader.next();
            }
            for (PvRecord.P2mFrames list : before) {
                writer.write(list);
            }
            while (whole && !(record instanceof StreamRecord.StreamEnd)) {
                writer.write(record);
                record = reader.next();
            }
            if (whole) {
                writer.write(record);
            }
        }
    }

    private Domain restore() {
        Domain domain = host.toolstack.restore(old, CreateListener.NONE, new Cancellation());
        domain.unpause();
        host.xen.advance(Duration.ofMinutes(1));
        return domain;
    }

    @Test
    void aGuestInAStreamOfVersion2RunsOn() throws IOException {
        rewrite(List.of(), true);
        Domain domain = restore();
        assertFalse(host.xenctrl.domains().info(domain.domid()).orElseThrow().shutdown());
    }

    /** The heap would fill with records that nobody has checked: the stream here ends behind the list. */
    @Test
    void aListOfPagesIsCheckedBeforeTheNextRecordIsRead() throws IOException {
        long last = (1L << 24) - 1;
        int pages = (int) PvRecord.P2mFrames.pages(0, last);
        rewrite(List.of(new PvRecord.P2mFrames(0, last, Blob.of(new byte[pages * Long.BYTES]))), false);
        String message = assertThrows(SaveStreamException.class, this::restore).getMessage();
        assertTrue(message.contains("beyond the memory that its configuration allows"), message);
    }
}
