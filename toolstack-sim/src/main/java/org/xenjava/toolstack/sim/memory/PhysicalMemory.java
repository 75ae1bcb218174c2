// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.memory;

import com.google.common.collect.Range;
import com.google.common.collect.RangeSet;
import com.google.common.collect.TreeRangeSet;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.xenjava.toolstack.sim.memory.HostMemory.Frames;

/**
 * The content of the host's pages, and the mappings of pages outside their owner. A page that was never written
 * costs nothing; a page filled by a guest's memory load belongs to a range; only a page with content of its own is
 * stored.
 *
 * <p>A mapped page and the memory that the mapper sees are one copy. The exception is a page that is already mapped
 * in another arrangement: the later mapping then works on a copy, which is merged when the mapping ends.
 */
public final class PhysicalMemory {
    /** The size of a page in bytes. */
    public static final int PAGE_BYTES = 4096;

    /** The value of every byte of a filled page. */
    static final byte FILLING = (byte) 0xA5;

    private final TreeMap<Long, Frame> frames = new TreeMap<>();
    private final RangeSet<Long> filled = TreeRangeSet.create();
    private final Set<Long> held = new HashSet<>();

    /** A page that has content or is mapped. A page that is not mapped is never all zero. */
    private static final class Frame {
        private byte[] storage;
        private int offset;
        private int mappings;

        private Frame(byte[] storage, int offset) {
            this.storage = storage;
            this.offset = offset;
        }

        private boolean isZero() {
            return Arrays.mismatch(storage, offset, offset + PAGE_BYTES, ZEROES, 0, PAGE_BYTES) < 0;
        }

        /** Copies, because a loop over bytes takes much of a long test. */
        private void become(byte[] page) {
            System.arraycopy(page, 0, storage, offset, PAGE_BYTES);
        }
    }

    private static final byte[] ZEROES = new byte[PAGE_BYTES];
    private static final byte[] FILLED = new byte[PAGE_BYTES];

    static {
        Arrays.fill(FILLED, FILLING);
    }

    /** Reads from within one page. */
    public byte[] read(long mfn, int offset, int length) {
        byte[] content = new byte[length];
        Frame frame = frames.get(mfn);
        if (frame != null) {
            System.arraycopy(frame.storage, frame.offset + offset, content, 0, length);
        } else if (filled.contains(mfn)) {
            System.arraycopy(FILLED, offset, content, 0, length);
        }
        return content;
    }

    /** Writes within one page. */
    public void write(long mfn, int offset, byte[] content) {
        Frame frame = frames.get(mfn);
        if (frame == null) {
            frame = new Frame(read(mfn, 0, PAGE_BYTES), 0);
            filled.remove(Frames.range(mfn, 1));
            frames.put(mfn, frame);
        }
        System.arraycopy(content, 0, frame.storage, frame.offset + offset, content.length);
        forgetIfZero(mfn, frame);
    }

    /** Fills whole pages with bytes that are not zero. */
    public void fill(long mfn, long count) {
        filled.add(Frames.range(mfn, count));
        for (long mapped : overwriteStored(mfn, count, FILLED)) {
            filled.remove(Frames.range(mapped, 1));
        }
    }

    /** Zeroes whole pages. */
    public void clear(long mfn, long count) {
        filled.remove(Frames.range(mfn, count));
        overwriteStored(mfn, count, ZEROES);
    }

    /** Overwrites stored pages and drops them; pages that are mapped stay, and are returned. */
    private List<Long> overwriteStored(long mfn, long count, byte[] page) {
        if (count == 1 && !frames.containsKey(mfn)) {
            return List.of();
        }
        List<Long> stay = new ArrayList<>();
        frames.subMap(mfn, mfn + count).entrySet().removeIf(stored -> {
            Frame frame = stored.getValue();
            if (frame.mappings > 0) {
                frame.become(page);
                stay.add(stored.getKey());
            }
            return frame.mappings == 0;
        });
        return stay;
    }

    /** Whether all bytes of all these pages are zero. */
    public boolean isZero(long mfn, long count) {
        return !filled.intersects(Frames.range(mfn, count))
                && framesIn(mfn, count).allMatch(Frame::isZero);
    }

    /** The highest of these pages that is all zero. */
    OptionalLong highestZero(long mfn, long count) {
        long candidate = mfn + count - 1;
        while (candidate >= mfn && !isZero(candidate, 1)) {
            Range<Long> above = filled.rangeContaining(candidate);
            candidate = (above == null ? candidate : above.lowerEndpoint()) - 1;
        }
        return candidate >= mfn ? OptionalLong.of(candidate) : OptionalLong.empty();
    }

    /** Whether any of these pages is mapped. */
    public boolean isMapped(long mfn, long count) {
        return isHeld(mfn, count) || framesIn(mfn, count).anyMatch(frame -> frame.mappings > 0);
    }

    private boolean isHeld(long mfn, long count) {
        return count == 1 ? held.contains(mfn) : held.stream().anyMatch(page -> page >= mfn && page < mfn + count);
    }

    /** The pages of the range that are mapped, ascending. */
    List<Long> mapped(long mfn, long count) {
        if (count == 1) {
            return isMapped(mfn, 1) ? List.of(mfn) : List.of();
        }
        return frames.subMap(mfn, mfn + count).entrySet().stream()
                .filter(frame -> frame.getValue().mappings > 0)
                .map(Map.Entry::getKey)
                .toList();
    }

    private Stream<Frame> framesIn(long mfn, long count) {
        // Most calls ask about one page, which needs no view of the map.
        return count == 1 ? Stream.ofNullable(frames.get(mfn)) : frames.subMap(mfn, mfn + count).values().stream();
    }

    /** Takes a reference to a page ahead of the mapping that will contain it. */
    void hold(long mfn) {
        held.add(mfn);
    }

    /** Drops the references that {@link #hold} took. */
    void releaseHeld() {
        held.clear();
    }

    /** Maps pages, which get one reference each until {@link #unmap}. */
    public FrameMapping map(long... mfns) {
        FrameMapping mapping = inExistingMapping(mfns).orElseGet(() -> newMapping(mfns));
        for (long mfn : mfns) {
            frame(mfn).mappings++;
        }
        return mapping;
    }

    private Optional<FrameMapping> inExistingMapping(long[] mfns) {
        Frame first = frames.get(mfns[0]);
        if (first == null) {
            return Optional.empty();
        }
        for (int i = 0; i < mfns.length; i++) {
            Frame frame = frames.get(mfns[i]);
            if (frame == null
                    || frame.mappings == 0
                    || frame.storage != first.storage
                    || frame.offset != first.offset + i * PAGE_BYTES) {
                return Optional.empty();
            }
        }
        return Optional.of(new FrameMapping(mfns, first.storage, first.offset));
    }

    private FrameMapping newMapping(long[] mfns) {
        FrameMapping mapping = new FrameMapping(mfns, new byte[Math.multiplyExact(mfns.length, PAGE_BYTES)], 0);
        for (int i = 0; i < mfns.length; i++) {
            attach(mapping, i);
        }
        return mapping;
    }

    private void attach(FrameMapping mapping, int index) {
        long mfn = mapping.mfn(index);
        int offset = index * PAGE_BYTES;
        Frame frame = frames.get(mfn);
        if (frame == null) {
            frame = new Frame(mapping.storage(), offset);
            if (filled.contains(mfn)) {
                frame.become(FILLED);
                filled.remove(Frames.range(mfn, 1));
            }
            frames.put(mfn, frame);
            return;
        }
        System.arraycopy(frame.storage, frame.offset, mapping.storage(), offset, PAGE_BYTES);
        if (frame.mappings > 0) {
            mapping.worksOnCopyOf(index);
        } else {
            frame.storage = mapping.storage();
            frame.offset = offset;
        }
    }

    /** Ends a mapping: its pages lose one reference each. */
    public void unmap(FrameMapping mapping) {
        for (Map.Entry<Integer, byte[]> copy : mapping.copies().entrySet()) {
            merge(mapping, copy.getKey(), copy.getValue());
        }
        for (int i = 0; i < mapping.pages(); i++) {
            long mfn = mapping.mfn(i);
            Frame frame = frame(mfn);
            frame.mappings--;
            if (frame.mappings == 0 && !forgetIfZero(mfn, frame)) {
                frame.storage = Arrays.copyOfRange(frame.storage, frame.offset, frame.offset + PAGE_BYTES);
                frame.offset = 0;
            }
        }
    }

    private void merge(FrameMapping mapping, int index, byte[] before) {
        Frame frame = frame(mapping.mfn(index));
        int from = index * PAGE_BYTES;
        for (int i = 0; i < PAGE_BYTES; i++) {
            byte now = mapping.storage()[from + i];
            if (now != before[i]) {
                frame.storage[frame.offset + i] = now;
            }
        }
    }

    /** The frame of a page that is mapped. */
    private Frame frame(long mfn) {
        return Objects.requireNonNull(frames.get(mfn));
    }

    private boolean forgetIfZero(long mfn, Frame frame) {
        boolean forget = frame.mappings == 0 && frame.isZero();
        if (forget) {
            frames.remove(mfn);
        }
        return forget;
    }
}
