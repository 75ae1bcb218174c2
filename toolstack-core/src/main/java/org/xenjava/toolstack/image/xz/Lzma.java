// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image.xz;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Decodes the chunks of an LZMA stream into a buffer whose earlier content is the dictionary. The probabilities are
 * kept from chunk to chunk, until a reset.
 */
final class Lzma {
    private static final int STATES = 12;
    private static final int LITERAL_STATES = 7;
    private static final int MAX_POSITIONS = 16;
    private static final int LITERAL_CODES = 0x300;
    private static final int MIN_LENGTH = 2;
    private static final int LENGTH_GROUPS = 4;
    private static final int SLOT_BITS = 6;
    private static final int FIRST_SLOT_WITH_BITS = 4;
    private static final int FIRST_SLOT_WITH_DIRECT_BITS = 14;
    private static final int ALIGN_BITS = 4;
    /** The number of values of the properties byte: 9 literal contexts, 5 literal positions, 5 positions. */
    private static final int MAX_PROPERTIES = 9 * 5 * 5;

    private final RangeDecoder bits = new RangeDecoder();
    private final Lengths matchLengths = new Lengths();
    private final Lengths repeatLengths = new Lengths();
    private final short[] isMatch = RangeDecoder.probabilities(STATES * MAX_POSITIONS);
    private final short[] isRepeat = RangeDecoder.probabilities(STATES);
    private final short[] isRepeat0 = RangeDecoder.probabilities(STATES);
    private final short[] isRepeat0Long = RangeDecoder.probabilities(STATES * MAX_POSITIONS);
    private final short[] isRepeat1 = RangeDecoder.probabilities(STATES);
    private final short[] isRepeat2 = RangeDecoder.probabilities(STATES);
    private final short[] slots = RangeDecoder.probabilities(LENGTH_GROUPS << SLOT_BITS);
    private final short[] distances = RangeDecoder.probabilities(128);
    private final short[] aligns = RangeDecoder.probabilities(1 << ALIGN_BITS);
    private final ByteBuffer output;
    private short[] literals = {};
    private int literalContextBits;
    private int literalPositionMask;
    private int positionMask;
    private int dictionaryStart;
    private int state;
    /** The last four distances, each reduced by 1, unsigned. */
    private final int[] last = new int[4];

    /** The lengths of matches. */
    private static final class Lengths {
        private static final int LOW_BITS = 3;
        private static final int HIGH_BITS = 8;

        private final short[] choices = RangeDecoder.probabilities(2);
        private final short[] low = RangeDecoder.probabilities(MAX_POSITIONS << LOW_BITS);
        private final short[] middle = RangeDecoder.probabilities(MAX_POSITIONS << LOW_BITS);
        private final short[] high = RangeDecoder.probabilities(1 << HIGH_BITS);

        private int next(RangeDecoder bits, int position) throws CorruptXzException {
            if (bits.bit(choices, 0) == 0) {
                return MIN_LENGTH + bits.tree(low, position << LOW_BITS, LOW_BITS);
            }
            if (bits.bit(choices, 1) == 0) {
                return MIN_LENGTH + (1 << LOW_BITS) + bits.tree(middle, position << LOW_BITS, LOW_BITS);
            }
            return MIN_LENGTH + (2 << LOW_BITS) + bits.tree(high, 0, HIGH_BITS);
        }

        private void reset() {
            RangeDecoder.reset(choices);
            RangeDecoder.reset(low);
            RangeDecoder.reset(middle);
            RangeDecoder.reset(high);
        }
    }

    /** @param output receives the decoded bytes at its position */
    Lzma(ByteBuffer output) {
        this.output = output;
    }

    /** Resets the state of the decoder. */
    void resetDictionary() {
        dictionaryStart = output.position();
    }

    void setProperties(int properties) throws CorruptXzException {
        if (properties >= MAX_PROPERTIES) {
            throw new CorruptXzException("the properties " + properties + " do not exist");
        }
        literalContextBits = properties % 9;
        int literalPositionBits = properties / 9 % 5;
        if (literalContextBits + literalPositionBits > 4) {
            throw new CorruptXzException("the properties " + properties + " are not for LZMA2");
        }
        literalPositionMask = (1 << literalPositionBits) - 1;
        positionMask = (1 << properties / 45) - 1;
        literals = RangeDecoder.probabilities(LITERAL_CODES << (literalContextBits + literalPositionBits));
    }

    void resetState() {
        state = 0;
        Arrays.fill(last, 0);
        for (short[] probabilities : new short[][] {
            isMatch, isRepeat, isRepeat0, isRepeat0Long, isRepeat1, isRepeat2, slots, distances, aligns, literals
        }) {
            RangeDecoder.reset(probabilities);
        }
        matchLengths.reset();
        repeatLengths.reset();
    }

    /**
     * Decodes one chunk.
     *
     * @param chunk an array whose first {@code length} bytes are the chunk
     * @param bytes number of decoded bytes
     */
    void decode(byte[] chunk, int length, int bytes) throws CorruptXzException {
        if (literals.length == 0) {
            throw new CorruptXzException("the first chunk has no properties");
        }
        bits.begin(chunk, length);
        int end = output.position() + bytes;
        while (output.position() < end) {
            int position = output.position() - dictionaryStart & positionMask;
            if (bits.bit(isMatch, state * MAX_POSITIONS + position) == 0) {
                literal();
            } else {
                copy(match(position), end);
            }
        }
        bits.requireEnd();
    }

    private void literal() throws CorruptXzException {
        int done = output.position() - dictionaryStart;
        int previous = done == 0 ? 0 : output.get(output.position() - 1) & 0xff;
        int context =
                (done & literalPositionMask) << literalContextBits | previous >>> (Byte.SIZE - literalContextBits);
        int offset = LITERAL_CODES * context;
        int symbol = 1;
        if (state >= LITERAL_STATES) {
            // After a match, the byte that would have continued the match is a hint.
            int hint = output.get(output.position() - 1 - requireDistance()) & 0xff;
            int matching = 0x100;
            while (symbol < 0x100) {
                hint <<= 1;
                int hintBit = hint & matching;
                int bit = bits.bit(literals, offset + matching + hintBit + symbol);
                symbol = symbol << 1 | bit;
                matching &= bit == 0 ? ~hintBit : hintBit;
            }
        }
        while (symbol < 0x100) {
            symbol = symbol << 1 | bits.bit(literals, offset + symbol);
        }
        output.put((byte) symbol);
        state = state < 4 ? 0 : state < 10 ? state - 3 : state - 6;
    }

    /** Decodes a match, sets {@code last[0]} to its distance and returns its length. */
    private int match(int position) throws CorruptXzException {
        boolean afterLiteral = state < LITERAL_STATES;
        if (bits.bit(isRepeat, state) == 0) {
            int length = matchLengths.next(bits, position);
            System.arraycopy(last, 0, last, 1, 3);
            last[0] = distance(length);
            state = afterLiteral ? 7 : 10;
            return length;
        }
        if (bits.bit(isRepeat0, state) == 0) {
            if (bits.bit(isRepeat0Long, state * MAX_POSITIONS + position) == 0) {
                state = afterLiteral ? 9 : 11;
                return 1;
            }
        } else {
            int repeated = bits.bit(isRepeat1, state) == 0 ? 1 : 2 + bits.bit(isRepeat2, state);
            int distance = last[repeated];
            System.arraycopy(last, 0, last, 1, repeated);
            last[0] = distance;
        }
        state = afterLiteral ? 8 : 11;
        return repeatLengths.next(bits, position);
    }

    private int distance(int length) throws CorruptXzException {
        int group = Math.min(length - MIN_LENGTH, LENGTH_GROUPS - 1);
        int slot = bits.tree(slots, group << SLOT_BITS, SLOT_BITS);
        if (slot < FIRST_SLOT_WITH_BITS) {
            return slot;
        }
        int footerBits = (slot >>> 1) - 1;
        int base = (2 | slot & 1) << footerBits;
        if (slot < FIRST_SLOT_WITH_DIRECT_BITS) {
            return base + bits.reverseTree(distances, base - slot, footerBits);
        }
        return base + (bits.direct(footerBits - ALIGN_BITS) << ALIGN_BITS) + bits.reverseTree(aligns, 0, ALIGN_BITS);
    }

    private int requireDistance() throws CorruptXzException {
        if (Integer.compareUnsigned(last[0], output.position() - dictionaryStart) >= 0) {
            throw new CorruptXzException("a match begins in front of the content");
        }
        return last[0];
    }

    private void copy(int length, int end) throws CorruptXzException {
        int from = output.position() - 1 - requireDistance();
        if (length > end - output.position()) {
            throw new CorruptXzException("a match exceeds its chunk");
        }
        for (int i = 0; i < length; i++) {
            output.put(output.get(from + i));
        }
    }
}
