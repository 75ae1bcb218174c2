// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.stream.framed;

import io.airlift.compress.zstd.ZstdCompressor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32C;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.xenjava.toolstack.error.SaveStreamException;
import org.xenjava.toolstack.fuzz.Fuzz;
import org.xenjava.toolstack.stream.Blob;
import org.xenjava.toolstack.stream.PageBatch;
import org.xenjava.toolstack.stream.PageType;
import org.xenjava.toolstack.stream.StreamRecord;
import org.xenjava.toolstack.xenctrl.units.Pages;

/** A damaged migration is read, or refused with the documented exception. */
class FramedFuzzTest {
    private static final int ENTRIES = 3;

    private static byte[] stream(int features) {
        try {
            Conversation conversation = Conversation.of(features);
            conversation.write(Conversation.start());
            ByteBuffer content = ByteBuffer.allocate(Pages.BYTES).putInt(100, 153);
            conversation.write(PageBatch.of(
                    new long[] {1, 2, 3}, new PageType[] {PageType.NORMAL, PageType.ZERO, PageType.BROKEN}, content));
            conversation.write(new StreamRecord.TscInfo(0, 1, 2, 3));
            conversation.write(new StreamRecord.HvmContext(Blob.of(new byte[24])));
            conversation.finish();
            return conversation.stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Provide
    Arbitrary<byte[]> streams() {
        return Fuzz.damaged(List.of(stream(0), stream(Terms.ZSTD)));
    }

    private static void read(byte[] stream) {
        try {
            Conversation.of(0).records(stream);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Property(seed = "153")
    void migrations(@ForAll("streams") byte[] stream) {
        Fuzz.attempt(() -> read(stream), SaveStreamException.class);
    }

    /** As {@link #migrations}, by a sender that makes all checksums of the frames right. */
    @Property(seed = "154")
    void migrationsOfAHostileSender(@ForAll("streams") byte[] stream) {
        Fuzz.attempt(() -> read(withChecksums(stream)), SaveStreamException.class);
    }

    /** The bodies of pages of a hostile sender, compressed and not. */
    @Provide
    Arbitrary<byte[]> bodies() {
        byte[] plain = new byte[8 + ENTRIES * Long.BYTES + Pages.BYTES];
        ByteBuffer.wrap(plain)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(ENTRIES)
                .putInt(0)
                .putLong(5)
                .putLong(1L << 60 | 6)
                .putLong(2L << 60 | 7);
        byte[] compressed = new byte[200];
        ByteBuffer head = ByteBuffer.wrap(compressed)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(1)
                .putInt(0)
                .putLong(5);
        byte[] page = new byte[Pages.BYTES];
        for (int i = 0; i < page.length; i++) {
            page[i] = (byte) (i * i >> 5);
        }
        byte[] squeezed = new byte[2 * Pages.BYTES];
        int size = new ZstdCompressor().compress(page, 0, page.length, squeezed, 0, squeezed.length);
        byte[] whole = Arrays.copyOf(compressed, head.position() + size);
        System.arraycopy(squeezed, 0, whole, head.position(), size);
        return Fuzz.damaged(List.of(plain, whole));
    }

    @Property(seed = "155")
    void pages(@ForAll("bodies") byte[] body, @ForAll boolean compressed) {
        Frame frame = new Frame(
                FrameType.PAGES,
                compressed ? Frame.ZSTD : 0,
                ByteBuffer.wrap(body).order(ByteOrder.LITTLE_ENDIAN));
        Fuzz.attempt(() -> new PageFrames(true).read(frame, new FrameReader()), SaveStreamException.class);
    }

    /** Walks over the frames behind the header as far as their lengths allow. */
    private static byte[] withChecksums(byte[] stream) {
        byte[] bytes = stream.clone();
        ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        int at = 48 + 4 + 3 + Offer.BYTES;
        while (at + Frame.HEADER_BYTES <= bytes.length) {
            int length = Math.max(0, Math.min(buffer.getInt(at + 4), bytes.length - at - Frame.HEADER_BYTES));
            buffer.putInt(at + Frame.BODY_CHECKSUM, crc(bytes, at + Frame.HEADER_BYTES, length));
            buffer.putInt(at + Frame.HEADER_CHECKSUM, crc(bytes, at, Frame.HEADER_CHECKSUM));
            at += Frame.HEADER_BYTES + length;
        }
        return bytes;
    }

    private static int crc(byte[] bytes, int offset, int length) {
        CRC32C checksum = new CRC32C();
        checksum.update(bytes, offset, length);
        return (int) checksum.getValue();
    }
}
