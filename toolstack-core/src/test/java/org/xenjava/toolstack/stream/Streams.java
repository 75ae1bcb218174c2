// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.stream;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.tukaani.xz.XZInputStream;
import org.xenjava.toolstack.stream.StreamRecord.DomainKind;
import org.xenjava.toolstack.stream.StreamRecord.HvmParams.Param;
import org.xenjava.toolstack.xenctrl.CpuPolicy;
import org.xenjava.toolstack.xenctrl.units.Pages;

/** Streams for tests: recorded ones, and a small one of every record. */
final class Streams {
    private Streams() {}

    static byte[] recorded(String name) {
        try (InputStream file = Objects.requireNonNull(Streams.class.getResourceAsStream(name + ".xz"));
                InputStream content = new XZInputStream(file)) {
            return content.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static ReadableByteChannel channel(byte[] stream) {
        return Channels.newChannel(new ByteArrayInputStream(stream));
    }

    static XlHeader json() {
        return new XlHeader(XlHeader.ConfigFormat.LIBXL_JSON, "{\"c_info\": {\"name\": \"web\"}}");
    }

    /** One HVM record of each kind, in a valid order. */
    static List<StreamRecord> smallHvm() {
        return List.of(
                new StreamRecord.ImageStart(3, DomainKind.HVM, 4, 17),
                new StreamRecord.CpuidPolicy(List.of(new CpuPolicy.Leaf(1, CpuPolicy.NO_SUBLEAF, 2, 3, 4, 5))),
                new StreamRecord.MsrPolicy(List.of(new CpuPolicy.Msr(0xce, 0, 1L << 31))),
                new StreamRecord.StaticDataEnd(),
                pages(0x100),
                new StreamRecord.Verify(),
                pages(0x200),
                new StreamRecord.TscInfo(0, 2_596_137, 324_694_890_499L, 1),
                new StreamRecord.HvmContext(Blob.of(context())),
                new StreamRecord.HvmParams(List.of(new Param(1, 0xfeffc), new Param(17, 0xfefff))),
                new StreamRecord.ImageEnd(),
                new StreamRecord.EmulatorStore(
                        2, 0, List.of(new StreamRecord.EmulatorStore.Node("physmap/0/size", "0x1000"))),
                new StreamRecord.EmulatorContext(2, 0, Blob.of(new byte[] {'Q', 'E', 'V', 'M', 1})),
                new StreamRecord.StreamEnd());
    }

    /** A page of content, an absent frame and a frame without content. */
    static PageBatch pages(long first) {
        ByteBuffer content = ByteBuffer.allocate(Pages.BYTES);
        content.putLong(0, first);
        return PageBatch.of(
                new long[] {first, first + 1, first + 2},
                new PageType[] {PageType.NORMAL, PageType.ABSENT, PageType.ALLOCATE_ONLY},
                content);
    }

    private static byte[] context() {
        return new byte[] {1, 0, 0, 0, 2, 0, 0, 0, 7, 7, 0, 0, 0, 0, 0, 0, 0, 0};
    }

    static byte[] write(XlHeader header, List<StreamRecord> records) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        SaveStreamWriter writer = new SaveStreamWriter(Channels.newChannel(bytes));
        try {
            writer.header(header);
            for (StreamRecord record : records) {
                writer.write(record);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /** Reads a stream and writes what was read. */
    static byte[] rewrite(byte[] stream) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(stream.length);
        try {
            SaveStreamReader reader = new SaveStreamReader(channel(stream));
            SaveStreamWriter writer = new SaveStreamWriter(Channels.newChannel(bytes));
            writer.header(reader.header());
            StreamRecord record;
            do {
                record = reader.next();
                writer.write(record);
            } while (!(record instanceof StreamRecord.StreamEnd));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    static StreamSummary summary(byte[] stream) {
        try {
            return StreamSummary.read(channel(stream));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Records of the small stream, with one in place of another. */
    static List<StreamRecord> with(int index, StreamRecord... replacement) {
        List<StreamRecord> records = new ArrayList<>(smallHvm());
        records.remove(index);
        records.addAll(index, List.of(replacement));
        return records;
    }
}
