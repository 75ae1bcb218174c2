// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.stream.framed;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.airlift.compress.zstd.ZstdCompressor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.xenjava.toolstack.error.SaveStreamException;
import org.xenjava.toolstack.stream.Blob;
import org.xenjava.toolstack.stream.PageBatch;
import org.xenjava.toolstack.stream.PageType;
import org.xenjava.toolstack.stream.StreamRecord;
import org.xenjava.toolstack.xenctrl.units.Pages;

/** Records written in frames and read again. */
class FramedRecordsTest {
    private static PageBatch batch(PageType... types) {
        long[] pfns = new long[types.length];
        int stored = 0;
        for (int i = 0; i < types.length; i++) {
            pfns[i] = 0x100 + 3L * i;
            stored += types[i].hasContent() ? 1 : 0;
        }
        ByteBuffer contents = ByteBuffer.allocate(stored * Pages.BYTES);
        for (int page = 0; page < stored; page += 2) {
            contents.putInt((page + 1) * Pages.BYTES - 4, page + 1);
        }
        return PageBatch.of(pfns, types, contents);
    }

    @Provide
    Arbitrary<PageBatch> batches() {
        return Arbitraries.of(PageType.NORMAL, PageType.NORMAL, PageType.ZERO, PageType.BROKEN)
                .array(PageType[].class)
                .ofMinSize(1)
                .ofMaxSize(40)
                .map(FramedRecordsTest::batch);
    }

    @Property(seed = "13", tries = 100)
    void pagesAreReadAsTheyWereWrittenAndThoseOfZeroesAsMarkers(
            @ForAll("batches") PageBatch batch, @ForAll boolean compressed) throws IOException {
        Conversation conversation = Conversation.of(compressed ? Terms.ZSTD : 0);
        conversation.write(Conversation.start());
        conversation.write(batch);
        conversation.finish();
        PageBatch read = (PageBatch) conversation.records().get(4);
        assertEquals(batch.count(), read.count());
        int wasStored = 0;
        int isStored = 0;
        for (int i = 0; i < batch.count(); i++) {
            assertEquals(batch.pfn(i), read.pfn(i));
            boolean hasContent = batch.type(i).hasContent();
            ByteBuffer content = hasContent ? batch.content(wasStored++) : ByteBuffer.allocate(Pages.BYTES);
            boolean zero = content.equals(ByteBuffer.allocate(Pages.BYTES));
            PageType expected =
                    batch.type(i) == PageType.BROKEN ? PageType.BROKEN : zero ? PageType.ZERO : PageType.NORMAL;
            assertEquals(expected, read.type(i));
            if (expected == PageType.NORMAL) {
                assertEquals(content, read.content(isStored++));
            }
        }
        assertEquals(isStored, read.storedPages());
        assertEquals(isStored, conversation.storedPages());
    }

    @Example
    void allOtherRecordsAreReadAsTheyWereWritten() throws IOException {
        Conversation conversation = Conversation.of(0);
        List<StreamRecord> written = List.of(
                Conversation.start(),
                new StreamRecord.TscInfo(0, 1, 2, 3),
                new StreamRecord.HvmContext(Blob.of(new byte[] {1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})),
                new StreamRecord.HvmParams(List.of(new StreamRecord.HvmParams.Param(1, 2))),
                new StreamRecord.ImageEnd(),
                new StreamRecord.EmulatorContext(2, 0, Blob.of(new byte[3_000_000])),
                new StreamRecord.StreamEnd());
        for (StreamRecord record : written) {
            conversation.write(record);
        }
        assertEquals(written.subList(1, written.size()), conversation.records().subList(4, 10));
        assertTrue(conversation.isFramed());
    }

    @Example
    void aCompressedBatchIsShorter() throws IOException {
        PageType[] types = new PageType[64];
        Arrays.fill(types, PageType.NORMAL);
        long[] lengths = new long[2];
        for (int features = 0; features < 2; features++) {
            Conversation conversation = Conversation.of(features);
            conversation.write(Conversation.start());
            conversation.write(batch(types));
            lengths[features] = conversation.stream().length;
        }
        assertTrue(lengths[1] * 4 < lengths[0], Arrays.toString(lengths));
    }

    @Example
    void pagesOutsideTheMemoryAreRefused() throws IOException {
        Conversation conversation = Conversation.of(0);
        conversation.write(batch(PageType.ZERO));
        assertRefused("a page is outside the guest's memory", conversation);
        Conversation other = Conversation.of(0);
        other.write(Conversation.start());
        other.write(new StreamRecord.ImageEnd());
        other.write(batch(PageType.ZERO));
        assertRefused("a page is outside the guest's memory", other);
    }

    private static void assertRefused(String message, Conversation conversation) {
        var e = assertThrows(SaveStreamException.class, conversation::records);
        assertTrue(e.getMessage().contains(message), e.getMessage());
    }

    @Example
    void framesThatDoNotBelongIntoTheDomainAreRefused() throws IOException {
        Conversation early = Conversation.of(0);
        early.frames().write(FrameType.PERMISSION, ByteBuffer.allocate(0));
        assertRefused("a frame PERMISSION is not allowed inside the domain", early);
        Conversation longer = Conversation.of(0);
        longer.write(Conversation.start());
        longer.frames().write(FrameType.RECORD, ByteBuffer.allocate(0));
        assertRefused("the stream ends here", longer);
    }

    @Example
    void wrongBodiesOfPagesAreRefused() throws IOException {
        assertBodyRefused("0 pages are no valid number", 0, new int[] {});
        assertBodyRefused("0 pages are no valid number", 0, new int[] {0, 0});
        assertBodyRefused("1025 pages are no valid number", 0, new int[] {1025, 0});
        assertBodyRefused("4294967295 pages are no valid number", 0, new int[] {-1, 0});
        assertBodyRefused("2 pages are no valid number", 0, new int[] {2, 0, 1, 0x10000000});
        assertBodyRefused("a reserved field is not zero", 0, new int[] {1, 1, 1, 0x10000000});
        assertBodyRefused("a reserved field is not zero", 2, new int[] {1, 0, 1, 0x10000000});
        assertBodyRefused("the reserved bits of entry", 0, new int[] {1, 0, 1, 0x10100000});
        assertBodyRefused("pages of kind 15 are not defined", 0, new int[] {1, 0, 1, 0xf0000000});
        assertBodyRefused("4 bytes of content for 0 pages", 0, new int[] {1, 0, 1, 0x10000000, 0});
        assertBodyRefused("4 bytes of content for 1 pages", 0, new int[] {1, 0, 1, 0, 0});
        assertBodyRefused("the pages are compressed, which was not agreed", 1, new int[] {1, 0, 1, 0, 0});
    }

    private static void assertBodyRefused(String message, int flags, int[] body) throws IOException {
        assertBodyRefused(message, Conversation.of(0), flags, body);
    }

    private static void assertBodyRefused(String message, Conversation conversation, int flags, int[] body)
            throws IOException {
        conversation.write(Conversation.start());
        ByteBuffer frame = Frame.buffer(body.length * Integer.BYTES);
        Arrays.stream(body).forEach(frame::putInt);
        conversation.frames().write(FrameType.PAGES, flags, frame);
        assertRefused(message, conversation);
    }

    /** The compressed pages are a frame of zstd that has more or less than the pages of the entries. */
    @Example
    void compressedPagesOfAnotherLengthAreRefused() throws IOException {
        byte[] compressed = new byte[1000];
        ZstdCompressor compressor = new ZstdCompressor();
        for (int length : new int[] {0, 4095, 4097, 1 << 20}) {
            int size = compressor.compress(new byte[length], 0, length, compressed, 0, compressed.length);
            Conversation conversation = Conversation.of(Terms.ZSTD);
            conversation.write(Conversation.start());
            ByteBuffer frame =
                    Frame.buffer(16 + size).putInt(1).putInt(0).putLong(7).put(compressed, 0, size);
            conversation.frames().write(FrameType.PAGES, Frame.ZSTD, frame);
            var e = assertThrows(SaveStreamException.class, conversation::records, length + " bytes");
            assertFalse(e.getMessage().isEmpty());
        }
        assertBodyRefused(
                "the compressed pages cannot be expanded", Conversation.of(Terms.ZSTD), Frame.ZSTD, new int[] {
                    1, 0, 1, 0, 0x12345678, 0x9abcdef0
                });
    }

    @Example
    void aSenderThatDoesNotTakeUpTheAnswerIsReadInXlsFormat() throws IOException {
        Conversation conversation = Conversation.withoutAnswer();
        conversation.write(Conversation.start());
        conversation.write(new StreamRecord.ImageEnd());
        conversation.write(new StreamRecord.StreamEnd());
        assertEquals(6, conversation.records().size());
        assertFalse(conversation.isFramed());
        assertEquals(32, conversation.answer().length);
    }

    @Example
    void aReceiverWithoutACommonVersionGetsXlsFormat() throws IOException {
        Conversation conversation = Conversation.answered(new Terms(0, 0));
        conversation.write(Conversation.start());
        conversation.finish();
        assertEquals(6, conversation.records().size());
        assertFalse(conversation.isFramed());
    }

    @Example
    void aVersionOrFeatureThatWasNotAgreedIsRefused() throws IOException {
        assertStartRefused("version 2 was not agreed", new Terms(2, 0));
        assertStartRefused("a feature was not agreed", new Terms(1, 16));
        assertStartRefused("links beside this one need a token", new Terms(1, Terms.PARALLEL));
        assertStartRefused("8 bytes instead of 48", new Terms(1, Terms.RESUME));
        assertStartRefused("a feature was not agreed", new Terms(1, Terms.ZSTD));
    }

    private static void assertStartRefused(String message, Terms terms) throws IOException {
        Conversation conversation = Conversation.withoutAnswer();
        conversation.frames().write(FrameType.START, terms.body());
        assertRefused(message, conversation);
    }
}
