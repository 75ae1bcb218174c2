// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image;

import com.google.common.collect.RangeSet;
import com.google.common.collect.TreeRangeSet;
import java.util.Comparator;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.stream.Stream;

/**
 * The content of a guest's RAM when it starts: a program, and data around it.
 *
 * @param program name of the program, such as {@code kernel}
 * @param segments the parts of the program, one or more, all of one content
 * @param blobs the data around the program
 * @param fresh content of a page before its first write
 */
record RamContents(String program, List<Segment> segments, List<Blob> blobs, FreshPages fresh) {
    RamContents {
        segments = List.copyOf(segments);
        blobs = List.copyOf(blobs);
    }

    /** The content of a guest's page before its first write. */
    enum FreshPages {
        /**
         * Zeros: Xen clears the pages of the populate-on-demand cache ({@code p2m_pod_cache_add}). Zeros need not be
         * written, and a page that is not written stays in the cache.
         */
        ZERO,
        /**
         * Unknown: pages that are allocated at once. Release builds of Xen clear them; debug builds fill them with 0xc2, so
         * that no caller relies on zeros ({@code scrub_one_page}).
         */
        UNDEFINED
    }

    /**
     * Data in the guest's memory.
     *
     * @param what name of the data, such as {@code ramdisk}
     * @param segment the bytes and their address
     */
    record Blob(String what, Segment segment) {
        /** Data that the toolstack has made. */
        static Blob of(String what, long address, byte[] content) {
            return new Blob(
                    what, new Segment(address, content.length, ImageContent.of(what, content), 0, content.length));
        }

        /** A file, from the beginning of a page on. */
        static Blob of(String what, long address, DataImage image) {
            return new Blob(what, image.at(address));
        }

        long address() {
            return segment.address();
        }

        /** The first address behind the data. */
        long end() {
            return segment.end();
        }

        ImagePlan.Item item() {
            return new ImagePlan.Item(what, segment.address(), segment.memoryBytes());
        }
    }

    /** The parts, by address. */
    List<ImagePlan.Item> items() {
        Stream<ImagePlan.Item> parts =
                segments.stream().map(part -> new ImagePlan.Item(program, part.address(), part.memoryBytes()));
        return Stream.concat(parts, blobs.stream().map(Blob::item))
                .sorted(Comparator.comparingLong(ImagePlan.Item::address))
                .toList();
    }

    /** The frames that are written, by address. */
    List<PageRange> frames() {
        RangeSet<Long> frames = TreeRangeSet.create();
        forEachSegment((segment, reader) -> frames.addAll(segment.frames(reader, fresh)));
        return PageRange.listOf(frames);
    }

    /** Writes the content. */
    void loadInto(GuestMemory memory) {
        forEachSegment((segment, reader) -> segment.loadInto(memory, reader, fresh));
    }

    /** Opens the program once for all its segments. */
    private void forEachSegment(BiConsumer<Segment, ImageReader> action) {
        try (ImageReader reader = segments.get(0).content().open()) {
            segments.forEach(segment -> action.accept(segment, reader));
            reader.requireUnchanged();
        }
        for (Blob blob : blobs) {
            try (ImageReader reader = blob.segment().content().open()) {
                action.accept(blob.segment(), reader);
                reader.requireUnchanged();
            }
        }
    }
}
