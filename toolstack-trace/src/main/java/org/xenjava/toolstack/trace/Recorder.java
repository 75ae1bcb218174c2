// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.trace;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Path;
import java.time.Clock;
import java.util.function.Supplier;
import org.xenjava.toolstack.xenctrl.abi.Hypercall;
import org.xenjava.toolstack.xenctrl.abi.XenAbi;
import org.xenjava.toolstack.xenctrl.abi.XenRelease;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;

/**
 * Records all traffic with a set of libraries.
 *
 * <p>Calls of several threads are made one at a time, so that the order in the trace is the order in which they
 * happened. Only the two calls that wait ({@code XenStore.readWatch}, {@code XenEventChannels.pending}) let others
 * pass, and are recorded when they return; a {@code readWatch} that timed out is not recorded. Failures of the trace's own file never disturb the calls: recording
 * ends there, and closing the libraries throws the {@link UncheckedIOException}.
 *
 * @param command what is being recorded, in free text
 * @param clock asked once, for the date in the trace's header
 * @param contents what to keep of the guest memory that is written
 */
public record Recorder(String command, Clock clock, Contents contents) {

    /** Records hashes of guest memory. */
    public Recorder(String command, Clock clock) {
        this(command, clock, Contents.HASH);
    }

    /**
     * Wraps libraries. Asks Xen for its release, outside the recording.
     *
     * @param real the libraries; closed with the result
     * @param out the trace, overwritten; gzip if its name ends in {@code .gz}, else flushed after every line so that
     *     a crash loses nothing
     * @throws UncheckedIOException if the file cannot be created
     */
    public XenLibraries wrap(XenLibraries real, Path out) {
        return wrap(real, () -> {
            try {
                return TraceWriter.create(out);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    /** The same to a writer, which is flushed after every line and closed with the result. */
    public XenLibraries wrap(XenLibraries real, Writer out) {
        return wrap(real, () -> new TraceWriter(out, TraceWriter.Flush.EVERY_LINE));
    }

    private XenLibraries wrap(XenLibraries real, Supplier<TraceWriter> out) {
        XenRelease release = XenRelease.ofVersionCall(real.call().call(Hypercall.XEN_VERSION.number(), 0, 0));
        TraceWriter writer = out.get();
        writer.append(new TraceHeader(TraceHeader.VERSION, release, command, clock.instant(), contents).toJson());
        return ChannelLibraries.on(new RecordingChannel(real, writer), XenAbi.of(release), contents);
    }
}
