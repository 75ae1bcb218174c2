// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.units;

import java.util.BitSet;
import java.util.StringJoiner;
import java.util.stream.IntStream;

/** A set of physical CPUs by number. Immutable. */
public final class CpuSet {
    /** No CPU. */
    public static final CpuSet NONE = new CpuSet(new BitSet());

    private final BitSet bits;

    private CpuSet(BitSet bits) {
        this.bits = bits;
    }

    /**
     * {@return the set of these CPUs}
     *
     * @param cpus numbers of CPUs, 0 or more
     */
    public static CpuSet of(int... cpus) {
        BitSet bits = new BitSet();
        IntStream.of(cpus).forEach(bits::set);
        return new CpuSet(bits);
    }

    /**
     * {@return the CPUs from one number to another}
     *
     * @param first number of the first CPU
     * @param last number of the last CPU, which belongs to the set
     */
    public static CpuSet range(int first, int last) {
        BitSet bits = new BitSet();
        bits.set(first, last + 1);
        return new CpuSet(bits);
    }

    /**
     * {@return the CPUs from 0 on}
     *
     * @param count number of CPUs
     */
    public static CpuSet firstCpus(int count) {
        return range(0, count - 1);
    }

    /**
     * {@return the set that is encoded as Xen's bitmaps are, the lowest bit of the first byte for CPU 0}
     *
     * @param bitmap the bitmap
     */
    public static CpuSet ofBitmap(byte[] bitmap) {
        return new CpuSet(BitSet.valueOf(bitmap));
    }

    /**
     * {@return the set encoded as Xen's bitmaps are; CPUs that do not fit are left out}
     *
     * @param bytes length of the bitmap
     */
    public byte[] toBitmap(int bytes) {
        byte[] bitmap = new byte[bytes];
        byte[] used = bits.toByteArray();
        System.arraycopy(used, 0, bitmap, 0, Math.min(used.length, bytes));
        return bitmap;
    }

    /**
     * {@return whether the CPU belongs to the set}
     *
     * @param cpu number of the CPU
     */
    public boolean contains(int cpu) {
        return bits.get(cpu);
    }

    /** {@return whether no CPU belongs to the set} */
    public boolean isEmpty() {
        return bits.isEmpty();
    }

    /** {@return the number of CPUs in the set} */
    public int size() {
        return bits.cardinality();
    }

    /** {@return the numbers of the CPUs, ascending} */
    public IntStream cpus() {
        return bits.stream();
    }

    /**
     * {@return the CPUs that belong to both sets}
     *
     * @param other the other set
     */
    public CpuSet and(CpuSet other) {
        BitSet both = (BitSet) bits.clone();
        both.and(other.bits);
        return new CpuSet(both);
    }

    /**
     * {@return the CPUs that belong to one of the sets or to both}
     *
     * @param other the other set
     */
    public CpuSet plus(CpuSet other) {
        BitSet all = (BitSet) bits.clone();
        all.or(other.bits);
        return new CpuSet(all);
    }

    /**
     * {@return the CPUs of this set that do not belong to the other}
     *
     * @param other the other set
     */
    public CpuSet minus(CpuSet other) {
        BitSet left = (BitSet) bits.clone();
        left.andNot(other.bits);
        return new CpuSet(left);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof CpuSet set && bits.equals(set.bits);
    }

    @Override
    public int hashCode() {
        return bits.hashCode();
    }

    /** {@return the set as ranges, such as {@code 0-2,5}; {@code none} if it is empty} */
    @Override
    public String toString() {
        if (isEmpty()) {
            return "none";
        }
        StringJoiner ranges = new StringJoiner(",");
        for (int first = bits.nextSetBit(0); first >= 0; ) {
            int end = bits.nextClearBit(first);
            ranges.add(end - first == 1 ? Integer.toString(first) : first + "-" + (end - 1));
            first = bits.nextSetBit(end);
        }
        return ranges.toString();
    }
}
