// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.stream;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.xenjava.toolstack.error.SaveStreamException;
import org.xenjava.toolstack.stream.StreamRecord.DomainKind;
import org.xenjava.toolstack.xenctrl.units.Pages;

class SaveStreamReaderTest {
    private static final int XL_FLAGS = 36;
    private static final int OPTIONAL_BYTES = 44;
    private static final int CONFIG_BYTES = 48;
    /** Offset of libxl's header in the small stream. */
    private static final int LIBXL = 52 + Streams.json().config().length() + 1;

    private static final int IMAGE = LIBXL + 16 + 8;
    private static final int FIRST_RECORD = IMAGE + 24 + 16;
    private static final int FIRST_PAGES = FIRST_RECORD + 8 + 24 + 8 + 16 + 8;

    private final byte[] small = Streams.write(Streams.json(), Streams.smallHvm());

    @Example
    void eachRecordIsReadAsItWasWritten() throws IOException {
        SaveStreamReader reader = new SaveStreamReader(Streams.channel(small));
        assertEquals(Streams.json(), reader.header());
        for (StreamRecord expected : Streams.smallHvm()) {
            StreamRecord record = reader.next();
            if (expected instanceof PageBatch batch) {
                assertSame(batch, (PageBatch) record);
            } else {
                assertEquals(expected, record);
            }
        }
        assertEquals(small.length, reader.offset());
    }

    private static void assertSame(PageBatch expected, PageBatch batch) {
        assertEquals(expected.count(), batch.count());
        for (int i = 0; i < expected.count(); i++) {
            assertEquals(expected.pfn(i), batch.pfn(i));
            assertEquals(expected.type(i), batch.type(i));
        }
        assertEquals(expected.contents(), batch.contents());
    }

    @Example
    void aStreamCutAnywhereIsRefused() {
        for (int length = 0; length < small.length; length++) {
            byte[] cut = Arrays.copyOf(small, length);
            SaveStreamException e = assertThrows(SaveStreamException.class, () -> Streams.summary(cut));
            assertTrue(e.getMessage().endsWith("the stream ends here"), e.getMessage());
        }
    }

    @Example
    void aFieldWithAWrongValueIsRefused() {
        assertRefused("the stream does not begin with the magic of a domain that xl saved", 3, 0);
        assertRefused("the byte order is not little-endian", 32, 0x04030201);
        assertRefused("the mandatory flags 0x7 are not supported", XL_FLAGS, 7);
        assertRefused("convert-legacy-stream of Xen converts it", XL_FLAGS, 1);
        assertRefused("3 bytes are no valid length of the optional data", OPTIONAL_BYTES, 3);
        assertRefused("4294967295 bytes are no valid length of the optional data", OPTIONAL_BYTES, -1);
        assertRefused("4294967295 bytes are more than the optional data has", CONFIG_BYTES, -1);
        assertRefused("the stream does not begin with libxl's ident", LIBXL, 0);
        assertRefused("version 50331648 of libxl's stream is not supported", LIBXL + 8, 3);
        assertRefused("a big-endian stream is not supported", LIBXL + 12, 0x0100_0000);
        assertRefused("record type 9 of libxl's stream is not supported", LIBXL + 16, 9);
        assertRefused("a stream with checkpoints (Remus, COLO) is not supported", LIBXL + 16, 4);
        assertRefused("the stream has no image of a domain", LIBXL + 16, 0);
        assertRefused("8 bytes instead of none", LIBXL + 20, 8);
        assertRefused("libxc's stream does not begin with its marker", IMAGE, 0);
        assertRefused("version 16777216 of libxc's stream is not supported", IMAGE + 12, 1);
        assertRefused("the options of libxc's stream, such as big-endian, are not supported", IMAGE + 16, 1);
        assertRefused("the reserved fields of libxc's header are not zero", IMAGE + 20, 1);
        assertRefused("domain type 7 is not PV or HVM", IMAGE + 24, 7);
        assertRefused("pages of 2^13 bytes are not supported", IMAGE + 28, 13);
        assertRefused("record type 0xb is not supported", FIRST_RECORD, 0xb);
        assertRefused("the record does not belong into the stream of a domain of kind HVM", FIRST_RECORD, 2);
        assertRefused("134217729 bytes are more than a record may have", FIRST_RECORD + 4, (128 << 20) + 1);
        assertRefused("2097152 bytes are more than this record may have", FIRST_RECORD + 4, 2 << 20);
        assertRefused("23 bytes are no multiple of 24", FIRST_RECORD + 4, 23);
    }

    @Example
    void pagesThatDoNotFitTheirRecordAreRefused() {
        assertRefused("0 entries are no valid number for 4128 bytes", FIRST_PAGES + 8, 0);
        assertRefused("4294967295 entries are no valid number for 4128 bytes", FIRST_PAGES + 8, -1);
        assertRefused("the reserved field is not zero", FIRST_PAGES + 12, 1);
        assertRefused("4128 bytes, but its entries have 0 pages and need 32", FIRST_PAGES + 20, 0xf000_0000);
        assertRefused("page type 5 is not defined", FIRST_PAGES + 20, 0x5000_0000);
        assertRefused("the reserved bits of entry", FIRST_PAGES + 20, 0x0010_0000);
    }

    private void assertRefused(String message, int offset, int value) {
        byte[] stream = small.clone();
        ByteBuffer.wrap(stream).order(ByteOrder.LITTLE_ENDIAN).putInt(offset, value);
        assertRefused(message, stream);
    }

    private static void assertRefused(String message, byte[] stream) {
        SaveStreamException e = assertThrows(SaveStreamException.class, () -> Streams.summary(stream), message);
        assertTrue(e.getMessage().contains(message), e.getMessage());
    }

    @Example
    void recordsInAWrongOrderAreRefused() {
        StreamRecord end = new StreamRecord.StaticDataEnd();
        assertRefused("the record comes before STATIC_DATA_END", Streams.write(Streams.json(), Streams.with(3)));
        assertRefused(
                "the record comes after the end of the static data",
                Streams.write(Streams.json(), Streams.with(3, end, end)));
        assertRefused(
                "the record comes after the end of the static data",
                Streams.write(Streams.json(), Streams.with(7, new StreamRecord.MsrPolicy(List.of()))));
        assertRefused(
                "the stream has a second image",
                Streams.write(Streams.json(), Streams.with(11, new StreamRecord.ImageStart(3, DomainKind.HVM, 4, 17))));
    }

    /** A reader would have to keep them: their memory is known only behind the static data. */
    @Example
    void recordsOfPvGuestsBeforeTheEndOfTheStaticDataAreRefused() {
        List<PvRecord> early = List.of(
                new PvRecord.P2mFrames(0, 511, Blob.of(new byte[8])),
                new PvRecord.SharedInfo(Blob.of(new byte[4096])),
                new PvRecord.Vcpu(PvRecord.Part.BASIC, 0, Blob.of(new byte[5168])),
                new PvRecord.Vcpu(PvRecord.Part.EXTENDED, 0, Blob.of(new byte[64])),
                new PvRecord.Vcpu(PvRecord.Part.XSAVE, 0, Blob.of(new byte[592])),
                new PvRecord.Vcpu(PvRecord.Part.MSRS, 0, Blob.of(new byte[32])));
        for (PvRecord record : early) {
            List<StreamRecord> records = List.of(
                    new StreamRecord.ImageStart(3, DomainKind.PV, 4, 17), record, new StreamRecord.StaticDataEnd());
            assertRefused("the record comes before STATIC_DATA_END", Streams.write(Streams.json(), records));
        }
    }

    @Example
    void paddingThatIsNotZeroIsRefused() {
        byte[] stream = small.clone();
        // The emulator's state of 5 bytes is the last record but one; it has 3 bytes of padding.
        stream[stream.length - 9] = 1;
        assertRefused("the padding is not zero", stream);
    }

    @Example
    void aVersion2StreamNeedsNoEndOfStaticData() {
        List<StreamRecord> old = new ArrayList<>(Streams.smallHvm());
        old.set(0, new StreamRecord.ImageStart(2, DomainKind.HVM, 4, 13));
        old.subList(1, 4).clear();
        byte[] stream = Streams.write(Streams.json(), old);
        assertArrayEquals(stream, Streams.rewrite(stream));
    }

    @Example
    void anOptionalRecordIsSkipped() {
        byte[] stream = small.clone();
        ByteBuffer.wrap(stream).order(ByteOrder.LITTLE_ENDIAN).putInt(FIRST_RECORD, 0x8000_0001);
        StreamSummary.Line line = Streams.summary(stream).records().get(1);
        assertEquals(new StreamSummary.Line("record type 0x80000001", FIRST_RECORD, 24, 1, "optional; skipped"), line);
    }

    @Example
    void theRecordsOfPvGuestsAreKept() {
        List<StreamRecord> records = List.of(
                new StreamRecord.ImageStart(3, DomainKind.PV, 4, 17),
                new PvRecord.Info(8, 4),
                new StreamRecord.StaticDataEnd(),
                new PvRecord.P2mFrames(0, 1023, Blob.of(new byte[16])),
                Streams.pages(7),
                new PvRecord.SharedInfo(Blob.of(new byte[4096])),
                new PvRecord.Vcpu(PvRecord.Part.BASIC, 0, Blob.of(new byte[5168])),
                new PvRecord.Vcpu(PvRecord.Part.EXTENDED, 0, Blob.of(new byte[64])),
                new PvRecord.Vcpu(PvRecord.Part.XSAVE, 0, Blob.of(new byte[592])),
                new PvRecord.Vcpu(PvRecord.Part.MSRS, 0, Blob.of(new byte[32])),
                new StreamRecord.ImageEnd(),
                new StreamRecord.StreamEnd());
        byte[] stream = Streams.write(new XlHeader(XlHeader.ConfigFormat.XL_CFG, "name = \"web\""), records);
        assertArrayEquals(stream, Streams.rewrite(stream));
    }

    @Example
    void recordsOfPvGuestsThatCannotBeAreRefused() {
        List<PvRecord> wrong = List.of(
                new PvRecord.Info(8, 3),
                new PvRecord.Info(4, 4),
                new PvRecord.Info(0, 0),
                new PvRecord.P2mFrames(0, 1023, Blob.of(new byte[8])),
                new PvRecord.P2mFrames(0, 511, Blob.of(new byte[16])),
                new PvRecord.P2mFrames(512, 511, Blob.of(new byte[0])),
                new PvRecord.P2mFrames(0, 0xffff_ffffL, Blob.of(new byte[8])),
                new PvRecord.SharedInfo(Blob.of(new byte[4095])),
                new PvRecord.Vcpu(PvRecord.Part.BASIC, 0, Blob.of(new byte[5169])),
                new PvRecord.Vcpu(PvRecord.Part.EXTENDED, 0, Blob.of(new byte[129])),
                new PvRecord.Vcpu(PvRecord.Part.XSAVE, 0, Blob.of(new byte[15])),
                new PvRecord.Vcpu(PvRecord.Part.XSAVE, 0, Blob.of(new byte[1 << 17])),
                new PvRecord.Vcpu(PvRecord.Part.MSRS, 0, Blob.of(new byte[17])));
        for (PvRecord record : wrong) {
            byte[] stream = Streams.write(
                    Streams.json(),
                    List.of(
                            new StreamRecord.ImageStart(3, DomainKind.PV, 4, 17),
                            new StreamRecord.StaticDataEnd(),
                            record,
                            new StreamRecord.ImageEnd(),
                            new StreamRecord.StreamEnd()));
            assertThrows(SaveStreamException.class, () -> Streams.summary(stream), record.toString());
        }
    }

    @Example
    void aLongRecordOfPagesComesInBatches() throws IOException {
        int count = 2 * PageBatch.MOST + 5;
        ByteBuffer record = ByteBuffer.allocate(16 + count * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        record.putInt(1).putInt(8 + count * Long.BYTES).putInt(count).putInt(0);
        for (long pfn = 0; pfn < count; pfn++) {
            record.putLong(0xfL << 60 | pfn);
        }
        byte[] start = Streams.write(
                Streams.json(),
                List.of(new StreamRecord.ImageStart(3, DomainKind.HVM, 4, 17), new StreamRecord.StaticDataEnd()));
        byte[] stream = Arrays.copyOf(start, start.length + record.capacity());
        System.arraycopy(record.array(), 0, stream, start.length, record.capacity());
        SaveStreamReader reader = new SaveStreamReader(Streams.channel(stream));
        reader.header();
        reader.next();
        reader.next();
        List<Integer> counts = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            PageBatch batch = (PageBatch) reader.next();
            assertEquals((long) i * PageBatch.MOST, batch.pfn(0));
            counts.add(batch.count());
        }
        assertEquals(List.of(PageBatch.MOST, PageBatch.MOST, 5), counts);
    }

    @Provide
    Arbitrary<StreamRecord> records() {
        Arbitrary<byte[]> bytes = Arbitraries.bytes().array(byte[].class).ofMaxSize(300);
        Arbitrary<StreamRecord> context = bytes.map(b -> new StreamRecord.HvmContext(Blob.of(b)));
        Arbitrary<StreamRecord> tsc = Combinators.combine(
                        Arbitraries.integers(), Arbitraries.integers(), Arbitraries.longs(), Arbitraries.integers())
                .as(StreamRecord.TscInfo::new);
        Arbitrary<StreamRecord> params = Combinators.combine(Arbitraries.longs(), Arbitraries.longs())
                .as(StreamRecord.HvmParams.Param::new)
                .list()
                .ofMaxSize(20)
                .map(StreamRecord.HvmParams::new);
        Arbitrary<StreamRecord> pages = Arbitraries.longs()
                .between(0, PageBatch.LAST_PFN)
                .array(long[].class)
                .ofMinSize(1)
                .ofMaxSize(9)
                .flatMap(pfns -> Arbitraries.of(PageType.class)
                        .filter(PageType::isOfXl)
                        .array(PageType[].class)
                        .ofSize(pfns.length)
                        .map(types -> PageBatch.of(pfns, types, contents(types))));
        return Arbitraries.oneOf(context, tsc, params, pages);
    }

    private static ByteBuffer contents(PageType[] types) {
        int stored = (int) Arrays.stream(types).filter(PageType::hasContent).count();
        ByteBuffer contents = ByteBuffer.allocate(stored * Pages.BYTES);
        for (int page = 0; page < stored; page++) {
            contents.putInt(page * Pages.BYTES, page);
        }
        return contents;
    }

    @Property(seed = "13", tries = 200)
    void anyRecordsAreWrittenAgainByteForByte(
            @ForAll("records") StreamRecord first, @ForAll("records") StreamRecord other) {
        byte[] stream = Streams.write(Streams.json(), Streams.with(4, first, other));
        assertArrayEquals(stream, Streams.rewrite(stream));
    }
}
