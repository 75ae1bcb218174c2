// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image.xz;

import java.util.Arrays;

/** Decodes the bits of one LZMA chunk: an arithmetic decoder with adaptive probabilities of 11 bits. */
final class RangeDecoder {
    private static final int PROBABILITY_BITS = 11;
    private static final int ONE_HALF = 1 << (PROBABILITY_BITS - 1);
    private static final int ADAPTATION_SHIFT = 5;
    private static final int TOP_BITS = 24;

    private byte[] input = {};
    private int at;
    private int end;
    private int range;
    private int code;

    /** Creates a table of initial probabilities. */
    static short[] probabilities(int count) {
        short[] probabilities = new short[count];
        reset(probabilities);
        return probabilities;
    }

    static void reset(short[] probabilities) {
        Arrays.fill(probabilities, (short) ONE_HALF);
    }

    /** Begins a chunk: the first {@code length} bytes of an array. */
    void begin(byte[] chunk, int length) throws CorruptXzException {
        input = chunk;
        end = length;
        at = 0;
        range = -1;
        code = 0;
        if (next() != 0) {
            throw new CorruptXzException("a chunk does not begin with zero");
        }
        for (int i = 0; i < Integer.BYTES; i++) {
            code = code << Byte.SIZE | next();
        }
    }

    /** Checks that all bytes of the chunk are used. */
    void requireEnd() throws CorruptXzException {
        normalize();
        if (at != end || code != 0) {
            throw new CorruptXzException("a chunk is longer than its content");
        }
    }

    int bit(short[] probabilities, int index) throws CorruptXzException {
        normalize();
        int probability = probabilities[index];
        int bound = (range >>> PROBABILITY_BITS) * probability;
        if (Integer.compareUnsigned(code, bound) < 0) {
            range = bound;
            probabilities[index] += (short) (((1 << PROBABILITY_BITS) - probability) >>> ADAPTATION_SHIFT);
            return 0;
        }
        range -= bound;
        code -= bound;
        probabilities[index] -= (short) (probability >>> ADAPTATION_SHIFT);
        return 1;
    }

    /** Decodes a number, highest bit first. */
    int tree(short[] probabilities, int offset, int bits) throws CorruptXzException {
        int node = 1;
        for (int i = 0; i < bits; i++) {
            node = node << 1 | bit(probabilities, offset + node);
        }
        return node - (1 << bits);
    }

    /** Decodes a number, lowest bit first. */
    int reverseTree(short[] probabilities, int offset, int bits) throws CorruptXzException {
        int node = 1;
        int value = 0;
        for (int i = 0; i < bits; i++) {
            int bit = bit(probabilities, offset + node);
            node = node << 1 | bit;
            value |= bit << i;
        }
        return value;
    }

    /** Decodes a number whose bits have equal probabilities. */
    int direct(int bits) throws CorruptXzException {
        int value = 0;
        for (int i = 0; i < bits; i++) {
            normalize();
            range >>>= 1;
            int bit = Integer.compareUnsigned(code, range) >= 0 ? 1 : 0;
            code -= range * bit;
            value = value << 1 | bit;
        }
        return value;
    }

    private void normalize() throws CorruptXzException {
        if (range >>> TOP_BITS == 0) {
            range <<= Byte.SIZE;
            code = code << Byte.SIZE | next();
        }
    }

    private int next() throws CorruptXzException {
        if (at >= end) {
            throw new CorruptXzException("a chunk is shorter than its content");
        }
        return input[at++] & 0xff;
    }
}
