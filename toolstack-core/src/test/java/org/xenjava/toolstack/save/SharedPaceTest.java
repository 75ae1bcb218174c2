// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.save;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.migrate.MigrationPace;

class SharedPaceTest {
    private static final int RATE = 1000;

    private final ByteArrayOutputStream sent = new ByteArrayOutputStream();
    private final VirtualTime time = new VirtualTime();
    private final SharedPace pace = new SharedPace(OptionalLong.of(RATE), time);
    private final WritableByteChannel link = pace.over(Channels.newChannel(sent));

    private static final class VirtualTime implements SharedPace.Time {
        private long now = -5_000_000;

        @Override
        public long nanos() {
            return now;
        }

        @Override
        public void sleep(long nanos) {
            now += nanos;
        }

        private long millis() {
            return TimeUnit.NANOSECONDS.toMillis(now);
        }
    }

    private void send(int bytes) throws IOException {
        ByteBuffer content = ByteBuffer.allocate(bytes);
        while (content.hasRemaining()) {
            link.write(content);
        }
    }

    @Test
    void bytesAreSentAtTheRate() throws IOException {
        send(5 * RATE);
        assertEquals(5 * RATE, sent.size());
        assertEquals(4895, time.millis());
        assertEquals(time.now, pace.nanos());
        assertEquals(RATE, pace.limit());
    }

    @Test
    void timeWithoutASendDoesNotRaiseTheRateAfterIt() throws IOException {
        time.sleep(TimeUnit.SECONDS.toNanos(10));
        send(RATE);
        assertEquals(10_895, time.millis());
    }

    @Test
    void aLiftedLimitHoldsNothingBack() throws IOException {
        pace.lift();
        send(1 << 20);
        assertEquals(-5_000_000, time.now);
    }

    @Test
    void aPaceIsPositive() {
        assertThrows(ConfigException.class, () -> new MigrationPace(OptionalLong.of(0), Optional.empty()));
        assertThrows(ConfigException.class, () -> new MigrationPace(OptionalLong.empty(), Optional.of(Duration.ZERO)));
    }
}
