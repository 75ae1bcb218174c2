// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.stream;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.xenjava.toolstack.error.SaveStreamException;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * The contents of a stream, after all of it was read and checked.
 *
 * @param header xl's header
 * @param start libxc's headers
 * @param records in their order; PAGE_DATA records that follow one another are one line
 * @param pages entries and contents of all PAGE_DATA records
 * @param bytes length of the stream
 */
public record StreamSummary(
        XlHeader header, StreamRecord.ImageStart start, List<Line> records, PageCount pages, long bytes) {

    /**
     * Copies the list.
     *
     * @param header xl's header
     * @param start libxc's headers
     * @param records the records
     * @param pages entries and contents of all PAGE_DATA records
     * @param bytes length of the stream
     */
    public StreamSummary {
        records = List.copyOf(records);
    }

    /**
     * One record, or a run of PAGE_DATA records.
     *
     * @param name of the record type in Xen's specification
     * @param offset of the first byte
     * @param bytes length of the bodies
     * @param count number of records
     * @param details in words; empty if there are none
     */
    public record Line(String name, long offset, long bytes, int count, String details) {}

    /**
     * The pages of a stream or of a part.
     *
     * @param entries number of entries
     * @param stored entries with content
     * @param zero entries whose content is all zero
     * @param allocated entries that are populated without content
     * @param absent entries without a page
     * @param broken entries whose page has a hardware error
     */
    public record PageCount(long entries, long stored, long zero, long allocated, long absent, long broken) {
        static final PageCount NONE = new PageCount(0, 0, 0, 0, 0, 0);

        PageCount plus(PageCount other) {
            return new PageCount(
                    entries + other.entries,
                    stored + other.stored,
                    zero + other.zero,
                    allocated + other.allocated,
                    absent + other.absent,
                    broken + other.broken);
        }

        static PageCount of(PageBatch batch) {
            long allocated = 0;
            long absent = 0;
            long broken = 0;
            for (int i = 0; i < batch.count(); i++) {
                PageType type = batch.type(i);
                allocated += type == PageType.ALLOCATE_ONLY ? 1 : 0;
                absent += type == PageType.ABSENT ? 1 : 0;
                broken += type == PageType.BROKEN ? 1 : 0;
            }
            long zero = 0;
            for (int i = 0; i < batch.storedPages(); i++) {
                zero += isZero(batch.content(i)) ? 1 : 0;
            }
            return new PageCount(batch.count(), batch.storedPages(), zero, allocated, absent, broken);
        }

        private static boolean isZero(ByteBuffer page) {
            for (int at = 0; at < Pages.BYTES; at += Long.BYTES) {
                if (page.getLong(at) != 0) {
                    return false;
                }
            }
            return true;
        }
    }

    /**
     * Reads a stream to its end.
     *
     * @param channel a blocking channel
     * @return the summary
     * @throws SaveStreamException if the stream violates its format
     * @throws IOException if the channel fails
     */
    public static StreamSummary read(ReadableByteChannel channel) throws IOException {
        return new Collector(new SaveStreamReader(channel)).read();
    }

    /** Collects the lines. */
    private static final class Collector {
        private final SaveStreamReader reader;
        private final List<Line> lines = new ArrayList<>();
        private PageCount all = PageCount.NONE;
        private PageCount run = PageCount.NONE;
        private SaveStreamReader.Frame runStart = new SaveStreamReader.Frame("", 0, 0);
        private SaveStreamReader.Frame lastOfRun = runStart;
        private int runRecords;
        private long runBytes;

        Collector(SaveStreamReader reader) {
            this.reader = reader;
        }

        StreamSummary read() throws IOException {
            XlHeader header = reader.header();
            StreamRecord.ImageStart start = new StreamRecord.ImageStart(0, StreamRecord.DomainKind.HVM, 0, 0);
            StreamRecord record;
            do {
                record = reader.next();
                if (record instanceof StreamRecord.ImageStart image) {
                    start = image;
                }
                add(record, reader.frame());
            } while (!(record instanceof StreamRecord.StreamEnd));
            return new StreamSummary(header, start, lines, all, reader.offset());
        }

        private void add(StreamRecord record, SaveStreamReader.Frame frame) {
            if (record instanceof PageBatch batch) {
                add(PageCount.of(batch), frame);
            } else {
                endRun();
                lines.add(new Line(frame.name(), frame.offset(), frame.length(), 1, details(record)));
            }
        }

        private void add(PageCount count, SaveStreamReader.Frame frame) {
            if (runRecords == 0) {
                runStart = frame;
            }
            if (runRecords == 0 || !frame.equals(lastOfRun)) {
                runRecords++;
                runBytes += frame.length();
                lastOfRun = frame;
            }
            run = run.plus(count);
            all = all.plus(count);
        }

        private void endRun() {
            if (runRecords > 0) {
                lines.add(new Line(runStart.name(), runStart.offset(), runBytes, runRecords, details(run)));
            }
            run = PageCount.NONE;
            runRecords = 0;
            runBytes = 0;
        }

        private static String details(PageCount pages) {
            return pages.entries() + " entries, " + pages.stored() + " pages of which " + pages.zero() + " are zero, "
                    + pages.allocated() + " without content, " + pages.absent() + " absent"
                    + (pages.broken() > 0 ? ", " + pages.broken() + " broken" : "");
        }

        private static String details(StreamRecord record) {
            if (record instanceof StreamRecord.ImageStart start) {
                return "libxc version " + start.version() + ", kind " + start.kind() + ", written by Xen "
                        + start.xenMajor() + "." + start.xenMinor();
            }
            if (record instanceof StreamRecord.CpuidPolicy policy) {
                return policy.leaves().size() + " leaves";
            }
            if (record instanceof StreamRecord.MsrPolicy policy) {
                return policy.msrs().size() + " MSRs";
            }
            if (record instanceof StreamRecord.TscInfo tsc) {
                return "mode " + tsc.mode() + ", " + Integer.toUnsignedString(tsc.khz()) + " kHz, incarnation "
                        + Integer.toUnsignedString(tsc.incarnation());
            }
            if (record instanceof StreamRecord.HvmContext context) {
                return HvmContextEntry.listOf(context.records()).stream()
                        .map(entry -> entry.name() + "(" + entry.length() + ")")
                        .collect(Collectors.joining(" "));
            }
            if (record instanceof StreamRecord.HvmParams params) {
                return params.params().stream()
                        .map(param -> String.format(Locale.ROOT, "%d=0x%x", param.index(), param.value()))
                        .collect(Collectors.joining(" "));
            }
            if (record instanceof PvRecord pv) {
                return PvCodec.details(pv);
            }
            if (record instanceof StreamRecord.EmulatorContext context) {
                return "emulator " + context.emulator() + ", " + context.state().size() + " bytes of state";
            }
            if (record instanceof StreamRecord.EmulatorStore store) {
                return "emulator " + store.emulator() + ", " + store.nodes().size() + " nodes";
            }
            return record instanceof StreamRecord.Ignored ? "optional; skipped" : "";
        }
    }
}
