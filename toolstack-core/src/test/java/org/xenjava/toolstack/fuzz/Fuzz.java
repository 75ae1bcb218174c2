// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.fuzz;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.statistics.Statistics;

/**
 * The frame of all fuzz targets: valid inputs that are damaged in random, repeatable ways, and the rule that an input
 * is accepted, or refused with the documented exception, and nothing else happens.
 *
 * <p>Each target tries 1,000 inputs in the plain suite. To try more, with a report of how many were accepted and
 * refused:
 *
 * <pre>{@code
 * mvn -pl toolstack-core -am test -Dtest='*FuzzTest' -Dsurefire.failIfNoSpecifiedTests=false \
 *     -Djqwik.tries.default=1000000 -Djqwik.reporting.onlyfailures=false
 * }</pre>
 *
 * When an input fails, jqwik looks for a smaller one with fewer edits and prints it.
 */
public final class Fuzz {
    private static final int MOST_EDITS = 6;
    private static final int LONGEST_INPUT = 1 << 20;

    private static final long[] TELLING_NUMBERS = {
        0, 1, -1, -8, 0x7fff_ffffL, 0x8000_0000L, 0xffff_ffffL, 0x1000, 0x4000_0000L, Long.MAX_VALUE, Long.MIN_VALUE
    };

    private static final String[] TELLING_TEXTS = {
        "-1",
        "9223372036854775807",
        "99999999999999999999",
        "1e999999999",
        "",
        "null",
        "{}",
        "[]",
        "\"",
        "\\",
        "\0",
        "\n",
        "../../etc/passwd",
        "%s%n",
        "\u001b[2J",
        "\ud800",
        "[[[[[[[[[["
    };

    private Fuzz() {}

    /** The ways in which an input is damaged. */
    private enum Damage {
        FLIP_BIT,
        PUT_INT,
        PUT_LONG,
        INSERT_TEXT,
        REPLACE_WITH_TEXT,
        DELETE,
        REPEAT,
        TRUNCATE
    }

    /**
     * One damage.
     *
     * @param place where, as a part of the input's length
     * @param choice what to put there, or how much
     */
    private record Edit(Damage damage, double place, int choice) {
        private byte[] applied(byte[] input) {
            int at = Math.min((int) (place * input.length), Math.max(0, input.length - 1));
            int some = Math.min(input.length - at, 1 + choice % 64);
            return switch (damage) {
                case FLIP_BIT -> flipped(input, at);
                case PUT_INT -> number(input, at, Integer.BYTES);
                case PUT_LONG -> number(input, at, Long.BYTES);
                case INSERT_TEXT -> joined(input, at, text(), at);
                case REPLACE_WITH_TEXT -> joined(input, at, text(), at + some);
                case DELETE -> joined(input, at, new byte[0], at + some);
                case REPEAT -> repeated(input, at, some);
                case TRUNCATE -> Arrays.copyOf(input, at);
            };
        }

        private byte[] flipped(byte[] input, int at) {
            byte[] output = input.clone();
            if (output.length > 0) {
                output[at] ^= (byte) (1 << choice % 8);
            }
            return output;
        }

        private byte[] number(byte[] input, int at, int bytes) {
            byte[] number = ByteBuffer.allocate(Long.BYTES)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putLong(TELLING_NUMBERS[choice % TELLING_NUMBERS.length])
                    .array();
            byte[] output = input.clone();
            System.arraycopy(number, 0, output, at, Math.min(bytes, output.length - at));
            return output;
        }

        private byte[] text() {
            return TELLING_TEXTS[choice % TELLING_TEXTS.length].getBytes(StandardCharsets.UTF_8);
        }

        private byte[] repeated(byte[] input, int at, int some) {
            ByteArrayOutputStream copies = new ByteArrayOutputStream();
            int times = choice % 7 == 0 ? 2000 : 2;
            for (int i = 0; i < times && input.length + copies.size() < LONGEST_INPUT; i++) {
                copies.write(input, at, some);
            }
            return joined(input, at, copies.toByteArray(), at);
        }

        private static byte[] joined(byte[] input, int until, byte[] middle, int from) {
            ByteArrayOutputStream output = new ByteArrayOutputStream();
            output.write(input, 0, until);
            output.writeBytes(middle);
            output.write(input, from, input.length - from);
            return output.toByteArray();
        }
    }

    /** Each input is one of the seeds with up to six edits. */
    public static Arbitrary<byte[]> damaged(List<byte[]> seeds) {
        Arbitrary<Edit> edit = Combinators.combine(
                        Arbitraries.of(Damage.class),
                        Arbitraries.doubles().between(0, 1).ofScale(6),
                        Arbitraries.integers().between(0, 10_000).withoutEdgeCases())
                .as(Edit::new);
        return Combinators.combine(Arbitraries.of(seeds), edit.list().ofMaxSize(MOST_EDITS))
                .as((seed, edits) -> {
                    byte[] input = seed;
                    for (Edit each : edits) {
                        input = each.applied(input);
                    }
                    return input;
                });
    }

    /** As {@link #damaged}, of texts. */
    public static Arbitrary<String> damagedTexts(List<String> seeds) {
        return damaged(seeds.stream()
                        .map(seed -> seed.getBytes(StandardCharsets.UTF_8))
                        .toList())
                .map(bytes -> new String(bytes, StandardCharsets.UTF_8));
    }

    /** Runs a target; any exception but the documented ones fails the test. */
    public static void attempt(Runnable target, Class<? extends RuntimeException> documented) {
        try {
            target.run();
            Statistics.collect("accepted");
        } catch (RuntimeException e) {
            if (!documented.isInstance(e)
                    || e.getMessage() == null
                    || e.getMessage().length() > 2000) {
                throw e;
            }
            Statistics.collect("refused");
        }
    }
}
