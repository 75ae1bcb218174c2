// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.stream.framed;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.xenjava.toolstack.error.SaveStreamException;

@Timeout(60)
class ParallelFramesTest {
    private final ParallelFrames frames = new ParallelFrames(false);
    private final CountDownLatch end = new CountDownLatch(1);

    /** Frames with their numbers as texts. */
    private static byte[] numbered(long... numbers) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        FrameWriter writer = new FrameWriter(Channels.newChannel(bytes));
        for (long number : numbers) {
            writer.resumeAt(number);
            writer.write(FrameType.REPORT, Long.toString(number));
        }
        return bytes.toByteArray();
    }

    /** Brings bytes after an event, and does not end until the test does. */
    private ReadableByteChannel channel(byte[] bytes, CountDownLatch begin) {
        return channel(bytes, begin, new CountDownLatch(1), end);
    }

    private static ReadableByteChannel channel(
            byte[] bytes, CountDownLatch begin, CountDownLatch whenRead, CountDownLatch end) {
        ByteArrayInputStream source = new ByteArrayInputStream(bytes);
        ReadableByteChannel in = Channels.newChannel(source);
        return new ReadableByteChannel() {
            @Override
            public int read(ByteBuffer into) throws IOException {
                await(begin);
                if (source.available() == 0) {
                    await(end);
                }
                int count = in.read(into);
                if (source.available() == 0) {
                    whenRead.countDown();
                }
                return count;
            }

            @Override
            public boolean isOpen() {
                return true;
            }

            @Override
            public void close() {
                // Nothing is open.
            }
        };
    }

    private static void await(CountDownLatch event) {
        try {
            assertTrue(event.await(30, TimeUnit.SECONDS));
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static CountDownLatch now() {
        return new CountDownLatch(0);
    }

    @Test
    void framesAreTakenInTheOrderOfTheirNumbersHoweverTheyArrive() throws Exception {
        CountDownLatch whenSecondIsRead = new CountDownLatch(1);
        frames.add(channel(numbered(0, 2), whenSecondIsRead), 0);
        frames.addBeside(channel(numbered(1), now(), whenSecondIsRead, end));
        await(whenSecondIsRead);
        for (long number = 0; number < 3; number++) {
            assertEquals(Long.toString(number), frames.next(number).frame().text());
        }
        end.countDown();
    }

    @Test
    void aFrameThatNoLinkHasIsMissing() throws IOException {
        frames.add(channel(numbered(1), now()), 0);
        frames.addBeside(channel(numbered(2), now()));
        var e = assertThrows(SaveStreamException.class, () -> frames.next(0));
        assertEquals("frame 0 of the migration is missing", e.getMessage());
        end.countDown();
    }

    /** As one that arrives after all links were given up, and before another one replaces the first. */
    @Test
    void aLinkBesideNoFirstOneIsNotRead() throws IOException {
        assertFalse(frames.addBeside(channel(numbered(0), now())));
        frames.add(channel(numbered(0), now()), 0);
        assertTrue(frames.addBeside(channel(numbered(1), now())));
        frames.clear();
        assertFalse(frames.addBeside(channel(numbered(2), now())));
        end.countDown();
    }

    @Test
    void aFrameThatComesTwiceIsRefused() throws IOException {
        frames.add(channel(numbered(5), now()), 5);
        assertEquals("5", frames.next(5).frame().text());
        frames.addBeside(channel(numbered(5), now()));
        var e = assertThrows(SaveStreamException.class, () -> frames.next(6));
        assertEquals("frame 5 of the migration came twice", e.getMessage());
        end.countDown();
    }

    @Test
    void aNumberThatFallsOnALinkIsRefused() throws IOException {
        frames.add(channel(numbered(1, 0), now()), 0);
        assertEquals("1", frames.next(1).frame().text());
        var e = assertThrows(SaveStreamException.class, () -> frames.next(2));
        assertTrue(e.getMessage().contains("the frame has number 0"), e.getMessage());
        end.countDown();
    }

    @Test
    void theEndOfOneLinkIsALossOfAll() throws IOException {
        frames.add(channel(numbered(0, 1, 2), now()), 0);
        frames.addBeside(channel(numbered(), now(), now(), now()));
        var e = assertThrows(IOException.class, () -> {
            for (long number = 0; ; number++) {
                frames.next(number);
            }
        });
        assertTrue(e.getMessage().contains("the link ends here"), e.getMessage());
        end.countDown();
    }

    @Test
    void aLinkBesideTheFirstBringsNothingLongerThanPages() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        new FrameWriter(Channels.newChannel(bytes))
                .write(FrameType.RECORD, ByteBuffer.allocate(FrameType.PAGES.longest() + 1));
        frames.add(channel(numbered(1), now()), 0);
        frames.addBeside(channel(bytes.toByteArray(), now()));
        var e = assertThrows(SaveStreamException.class, () -> frames.next(0));
        assertTrue(e.getMessage().contains("more than a frame RECORD may have"), e.getMessage());
        end.countDown();
    }

    @Test
    void aLinkThatWasForgottenEndsNothing() throws IOException {
        frames.addBeside(channel(numbered(), now(), now(), now()));
        frames.clear();
        frames.add(channel(numbered(7), now()), 7);
        assertEquals("7", frames.next(7).frame().text());
        end.countDown();
    }
}
