// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.stream.framed;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.util.Arrays;
import java.util.Optional;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.error.SaveStreamException;
import org.xenjava.toolstack.stream.Blob;

class FramesTest {
    private static ReadableByteChannel channel(byte[] bytes) {
        return Channels.newChannel(new ByteArrayInputStream(bytes));
    }

    private static byte[] frames(String... texts) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        FrameWriter writer = new FrameWriter(Channels.newChannel(bytes));
        for (String text : texts) {
            writer.write(FrameType.REPORT, text);
        }
        return bytes.toByteArray();
    }

    /** Replaces a number in the header and makes the checksum of the header right again. */
    private static byte[] patched(byte[] frame, int offset, int value) {
        byte[] bytes = frame.clone();
        ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        buffer.putInt(offset, value);
        CRC32C checksum = new CRC32C();
        checksum.update(bytes, 0, Frame.HEADER_CHECKSUM);
        buffer.putInt(Frame.HEADER_CHECKSUM, (int) checksum.getValue());
        return bytes;
    }

    private static void assertRefused(String message, byte[] bytes) {
        var e = assertThrows(SaveStreamException.class, () -> new FrameReader().next(channel(bytes)));
        assertTrue(e.getMessage().contains(message), e.getMessage());
    }

    @Test
    void framesAreReadAsTheyWereWritten() throws IOException {
        ReadableByteChannel in = channel(frames("one", "", "three"));
        FrameReader reader = new FrameReader();
        assertEquals("one", reader.next(in).text());
        assertEquals("", reader.next(in).text());
        assertEquals("three", reader.next(in).text());
        var e = assertThrows(SaveStreamException.class, () -> reader.next(in));
        assertEquals("frame 3 of the migration: the link ends here", e.getMessage());
    }

    @Test
    void aFrameHasTheBytesOfTheSpecification() throws IOException {
        byte[] frame = frames("x");
        ByteBuffer bytes = ByteBuffer.wrap(frame).order(ByteOrder.LITTLE_ENDIAN);
        assertEquals(25, frame.length);
        assertEquals(0x44, bytes.getInt(0));
        assertEquals(1, bytes.getInt(4));
        assertEquals(0, bytes.getLong(8));
        // The checksum of "x" and of the header, as another implementation of CRC-32C (Castagnoli) has them.
        assertEquals(0xa93c5f93, bytes.getInt(16));
        assertEquals(0x15acf880, bytes.getInt(20));
    }

    @Test
    void everyDamagedBitIsNoticed() throws IOException {
        byte[] frame = frames("a report");
        for (int bit = 0; bit < frame.length * Byte.SIZE; bit++) {
            byte[] damaged = frame.clone();
            damaged[bit / Byte.SIZE] ^= (byte) (1 << bit % Byte.SIZE);
            assertRefused("checksum", damaged);
        }
    }

    @Test
    void aFrameCutAnywhereIsRefused() throws IOException {
        byte[] frame = frames("a report");
        for (int length = 0; length < frame.length; length++) {
            assertRefused("the link ends here", Arrays.copyOf(frame, length));
        }
    }

    @Test
    void aHeaderWithARightChecksumAndWrongContentIsRefused() throws IOException {
        byte[] frame = frames("a report");
        assertRefused("type 9 is not defined", patched(frame, 0, 9));
        assertRefused("a frame REPORT must have no flags", patched(frame, 0, 0x0144));
        assertRefused("the reserved field is not zero", patched(frame, 0, 0x10044));
        assertRefused("1025 bytes are more than a frame REPORT may have", patched(frame, 4, 1025));
        assertRefused("4294967295 bytes are more than a frame REPORT may have", patched(frame, 4, -1));
        assertRefused("the frame has number 1", patched(frame, 8, 1));
        assertRefused("the checksum of 7 bytes of REPORT is wrong", patched(frame, 4, 7));
    }

    @Test
    void aFrameThatComesTwiceIsRefused() throws IOException {
        byte[] frame = frames("one");
        byte[] twice = Arrays.copyOf(frame, 2 * frame.length);
        System.arraycopy(frame, 0, twice, frame.length, frame.length);
        ReadableByteChannel in = channel(twice);
        FrameReader reader = new FrameReader();
        reader.next(in);
        var e = assertThrows(SaveStreamException.class, () -> reader.next(in));
        assertTrue(e.getMessage().contains("the frame has number 0"), e.getMessage());
    }

    @Test
    void aTextIsCutToItsLimitAndShownAsPrintableAscii() throws IOException {
        Frame frame = new FrameReader().next(channel(frames("\u001b[2J\u00e9" + "x".repeat(2000))));
        assertEquals("[2J?", frame.text().substring(0, 4));
        assertEquals(1024, frame.body().remaining());
    }

    @Test
    void anOfferIsReadFromTheOptionalDataAndAnythingElseIsNone() {
        Offer offer = new Offer(1, 3, 5);
        assertEquals(Optional.of(offer), Offer.in(offer.encode()));
        byte[] bytes = offer.encode().bytes();
        assertEquals(24, bytes.length);
        for (int at = 0; at < bytes.length; at++) {
            byte[] damaged = bytes.clone();
            damaged[at]++;
            assertEquals(Optional.empty(), Offer.in(Blob.of(damaged)), "byte " + at);
        }
        assertEquals(Optional.empty(), Offer.in(Blob.of(Arrays.copyOf(bytes, 23))));
        assertEquals(Optional.empty(), Offer.in(Blob.of(new byte[0])));
    }

    @Test
    void anAnswerHasTheCommonVersionAndFeaturesOrNone() {
        assertEquals(new Terms(2, 1), new Offer(1, 3, 5).answered(2, 1));
        assertEquals(new Terms(0, 0), new Offer(3, 9, 5).answered(2, 1));
        assertEquals(new Terms(0, 0), new Offer(0, 1, 5).answered(2, 1));
    }
}
