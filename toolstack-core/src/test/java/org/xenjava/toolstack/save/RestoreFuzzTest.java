// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.save;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.DomainSaving.Afterwards;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.error.ToolstackException;
import org.xenjava.toolstack.host.TestHost;
import org.xenjava.toolstack.progress.Cancellation;
import org.xenjava.toolstack.progress.CreateListener;

/** A damaged file is restored, or refused with a documented exception, and a refusal leaves nothing on the host. */
class RestoreFuzzTest {
    /** A restore is expensive, so this target counts for itself: {@code -Dfuzz.restores=10000} for more. */
    private static final int RESTORES = Integer.getInteger("fuzz.restores", 20);

    private static final long[] NUMBERS = {0, 1, -1, 0x7fff_ffffL, 0x8000_0000L, 0xffff_ffffL, 0x4000_0000L, 1L << 40};

    /** The records before the first page and after the last one. */
    private static final int HEADERS_BYTES = 8000;

    private static final int TRAILER_BYTES = 12_000;

    @TempDir
    Path directory;

    private final Random random = new Random(153);

    @Test
    void damagedFiles() throws IOException {
        restoreDamaged(TestHost.guest("web", 20, 24));
    }

    @Test
    void aDamagedPvFileIsRefused() throws IOException {
        restoreDamaged(TestHost.pvGuest("web", 24));
    }

    private void restoreDamaged(DomainConfig.Builder guest) throws IOException {
        try (TestHost host = TestHost.create()) {
            Path file = directory.resolve("web.save");
            Domain domain = host.toolstack.create(guest.build());
            domain.unpause();
            host.xen.advance(Duration.ofMinutes(1));
            PassingTime.during(host.xen, () -> domain.saving().save(file, Afterwards.DESTROY));
            byte[] whole = Files.readAllBytes(file);
            var before = host.state();
            int accepted = 0;
            for (int i = 0; i < RESTORES; i++) {
                List<String> damages = new ArrayList<>();
                Files.write(file, damaged(whole, damages));
                accepted += restore(host, file, damages);
                host.assertUnchangedSince(before, "a restore after " + damages);
            }
            System.out.println("fuzz: " + accepted + " of " + RESTORES + " restores accepted");
            assertTrue(accepted > 0 && accepted < RESTORES, accepted + " restores accepted");
        }
    }

    private static int restore(TestHost host, Path file, List<String> damages) {
        try {
            host.toolstack
                    .restore(file, CreateListener.NONE, new Cancellation())
                    .destroy();
            return 1;
        } catch (ToolstackException e) {
            return 0;
        } catch (RuntimeException e) {
            throw new AssertionError("untyped after " + damages, e);
        }
    }

    private byte[] damaged(byte[] whole, List<String> damages) {
        byte[] bytes = whole.clone();
        for (int i = random.nextInt(3); i >= 0; i--) {
            int at = place(bytes.length);
            switch (random.nextInt(5)) {
                case 0 -> {
                    bytes = Arrays.copyOf(bytes, Math.max(1, at));
                    damages.add("cut at " + at);
                }
                case 1, 2 -> {
                    long number = NUMBERS[random.nextInt(NUMBERS.length)];
                    int aligned = Math.min(at & -Integer.BYTES, bytes.length - Long.BYTES);
                    int size = random.nextBoolean() ? Integer.BYTES : Long.BYTES;
                    byte[] little = ByteBuffer.allocate(Long.BYTES)
                            .order(ByteOrder.LITTLE_ENDIAN)
                            .putLong(number)
                            .array();
                    System.arraycopy(little, 0, bytes, Math.max(0, aligned), Math.min(size, bytes.length));
                    damages.add(size + " bytes of " + number + " at " + aligned);
                }
                default -> {
                    bytes[at] ^= (byte) (1 << random.nextInt(Byte.SIZE));
                    damages.add("bit at " + at);
                }
            }
        }
        return bytes;
    }

    /** A place among the headers, in the trailer, or anywhere. */
    private int place(int length) {
        return switch (random.nextInt(4)) {
            case 0, 1 -> random.nextInt(Math.min(length, HEADERS_BYTES));
            case 2 -> length - 1 - random.nextInt(Math.min(length, TRAILER_BYTES));
            default -> random.nextInt(length);
        };
    }
}
