// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image;

import com.google.common.collect.RangeSet;
import com.google.common.collect.TreeRangeSet;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * What lies in a guest's RAM when it starts: a program, and data around it.
 *
 * @param program a name for it, such as {@code kernel}
 * @param segments of the program
 * @param blobs the data
 * @param fresh what the pages hold before
 */
record RamContents(String program, List<Segment> segments, List<Blob> blobs, FreshPages fresh) {
    RamContents {
        segments = List.copyOf(segments);
        blobs = List.copyOf(blobs);
    }

    /** Bytes at a guest-physical address. */
    record Blob(String what, long address, byte[] content) {
        /** First address behind it. */
        long end() {
            return address + content.length;
        }

        PageRange frames() {
            return PageRange.holding(address, content.length);
        }

        ImagePlan.Item item() {
            return new ImagePlan.Item(what, address, content.length);
        }
    }

    /** By address. */
    List<ImagePlan.Item> items() {
        Stream<ImagePlan.Item> parts =
                segments.stream().map(part -> new ImagePlan.Item(program, part.address(), part.memoryBytes()));
        return Stream.concat(parts, blobs.stream().map(Blob::item))
                .sorted(Comparator.comparingLong(ImagePlan.Item::address))
                .toList();
    }

    /** The frames that are written to, by address. */
    List<PageRange> frames() {
        RangeSet<Long> frames = TreeRangeSet.create();
        segments.forEach(segment -> frames.addAll(segment.frames(fresh)));
        blobs.forEach(blob -> frames.add(blob.frames().toRange()));
        return PageRange.listOf(frames);
    }

    void loadInto(GuestMemory memory) {
        segments.forEach(segment -> segment.loadInto(memory, fresh));
        blobs.forEach(blob -> memory.write(blob.address(), blob.content()));
    }
}
