// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.trace;

import java.util.List;
import org.xenjava.toolstack.trace.format.TraceLine;

/** A trace that was read. Immutable. */
public final class Trace {
    private final String source;
    private final TraceHeader header;
    private final List<TraceLine> lines;
    private final List<TraceRecord> records;
    private final Ending ending;

    enum Ending {
        CLOSED,
        CUT_OFF
    }

    Trace(String source, TraceHeader header, List<TraceLine> lines, List<TraceRecord> records, Ending ending) {
        this.source = source;
        this.header = header;
        this.lines = List.copyOf(lines);
        this.records = List.copyOf(records);
        this.ending = ending;
    }

    /** {@return the first line of the trace} */
    public TraceHeader header() {
        return header;
    }

    /** {@return the calls in the order in which they happened} */
    public List<TraceRecord> records() {
        return records;
    }

    /** {@return whether the recording was closed} If not, its process was killed and later calls may be missing. */
    public boolean isComplete() {
        return ending == Ending.CLOSED;
    }

    List<TraceLine> lines() {
        return lines;
    }

    TraceFormatException malformed(TraceLine line, RuntimeException cause) {
        return new TraceFormatException(
                source, TraceReader.lineOf(line.sequence()), "the answer cannot be read: " + cause.getMessage(), cause);
    }
}
