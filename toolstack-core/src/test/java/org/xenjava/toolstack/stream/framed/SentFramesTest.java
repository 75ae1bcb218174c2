// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.stream.framed;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.error.SaveStreamException;

/** The frames that a sender remembers, and the frames with which a further link begins. */
class SentFramesTest {
    private static SentFrames.Sent frame(int bytes) {
        return SentFrames.Sent.record(new byte[bytes]);
    }

    @Test
    void theFramesFromANumberOnComeInTheirOrderAndAreForgotten() {
        SentFrames frames = new SentFrames(1, 1);
        for (int length = 1; length <= 4; length++) {
            frames.add(frame(length));
        }
        List<Integer> lengths = frames.removeFrom(3).orElseThrow().stream()
                .map(frame -> frame.record().orElseThrow().length)
                .toList();
        assertEquals(List.of(3, 4), lengths);
        frames.add(frame(5));
        assertEquals(1, frames.removeFrom(3).orElseThrow().size());
        assertEquals(Optional.of(List.of()), frames.removeFrom(3));
        assertEquals(Optional.empty(), frames.removeFrom(4));
        assertEquals(Optional.empty(), frames.removeFrom(0));
    }

    @Test
    void moreThanTheBuffersOfALinkIsRememberedAndNotMuchMore() {
        SentFrames frames = new SentFrames(1, 1);
        int part = (int) (SentFrames.REMEMBERED / 4);
        SentFrames.Sent shared = frame(part);
        for (int i = 0; i < 7; i++) {
            frames.add(shared);
        }
        assertEquals(Optional.empty(), frames.removeFrom(2));
        assertTrue(frames.removeFrom(4).isPresent());
    }

    /** While the frames of one link are late, those behind them fill the buffers of the 15 others. */
    @Test
    void theBuffersOfEachLinkBesideTheFirstAreRememberedToo() {
        SentFrames frames = new SentFrames(1, 16);
        SentFrames.Sent shared = frame((int) SentFrames.REMEMBERED_BESIDE);
        int links = 4 + 15;
        for (int i = 0; i < links + 3; i++) {
            frames.add(shared);
        }
        assertEquals(Optional.empty(), frames.removeFrom(2));
        assertTrue(frames.removeFrom(4).isPresent());
    }

    @Test
    void aFurtherLinkBeginsWithTheFramesOfTheSpecification() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        new FrameWriter(Channels.newChannel(bytes)).write(FrameType.JOIN, new Join(3, 1).body());
        byte[] frame = bytes.toByteArray();
        assertEquals(24 + 16, frame.length);
        assertArrayEquals(
                new byte[] {3, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0},
                Arrays.copyOfRange(frame, 24, frame.length));
        FrameReader reader = new FrameReader();
        assertEquals(new Join(3, 1), Join.read(read(reader, frame), reader));
        assertThrows(SaveStreamException.class, () -> Join.joined(read(new FrameReader(), frame), reader));
    }

    private static Frame read(FrameReader reader, byte[] frame) throws IOException {
        return reader.next(Channels.newChannel(new ByteArrayInputStream(frame)));
    }

    @Test
    void anotherFrameThanJoinContinuesNoMigration() throws IOException {
        for (FrameType type : new FrameType[] {FrameType.RECORD, FrameType.JOINED}) {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            new FrameWriter(Channels.newChannel(bytes)).write(type, ByteBuffer.allocate(8));
            FrameReader reader = new FrameReader();
            Frame frame = read(reader, bytes.toByteArray());
            assertThrows(SaveStreamException.class, () -> Join.read(frame, reader));
        }
    }
}
