// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.trace;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Path;
import java.time.Clock;
import java.util.function.Supplier;
import org.xenjava.toolstack.trace.call.ChannelLibraries;
import org.xenjava.toolstack.xenctrl.abi.Hypercall;
import org.xenjava.toolstack.xenctrl.abi.XenAbi;
import org.xenjava.toolstack.xenctrl.abi.XenRelease;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;

/**
 * Records all traffic with a set of libraries.
 *
 * <p>The recorder makes the calls of several threads one at a time, so that the order in the trace is the order in
 * which they happened. Only the two calls that wait ({@code XenStore.readWatch}, {@code XenEventChannels.pending})
 * let others pass, and are recorded when they return; a {@code readWatch} that timed out is not recorded. A failure
 * to write the trace does not disturb the calls: the recording ends there, and closing the libraries throws the
 * {@link UncheckedIOException}.
 *
 * @param command the command that is recorded, in free text
 * @param clock asked once, for the date in the trace's header
 * @param contents form of the guest memory that is written
 * @param secrets treatment of passwords in {@code command} and in xenstore values
 */
public record Recorder(String command, Clock clock, Contents contents, Secrets secrets) {

    /**
     * Records hashes of guest memory, and no secrets.
     *
     * @param command the command that is recorded, in free text
     * @param clock asked once, for the date in the trace's header
     */
    public Recorder(String command, Clock clock) {
        this(command, clock, Contents.HASH, Secrets.REDACTED);
    }

    /**
     * Records no secrets.
     *
     * @param command the command that is recorded, in free text
     * @param clock asked once, for the date in the trace's header
     * @param contents form of the guest memory that is written
     */
    public Recorder(String command, Clock clock, Contents contents) {
        this(command, clock, contents, Secrets.REDACTED);
    }

    /**
     * Wraps libraries. The request for Xen's release that this method makes is not recorded.
     *
     * @param real the libraries; closed with the result
     * @param out the trace: a new file that only its owner can read, in the place of a regular file of that name; gzip
     *     if its name ends in {@code .gz}, else flushed after every line so that a crash loses nothing
     * @return the recording libraries
     * @throws UncheckedIOException if the file cannot be created, or if something other than a regular file has its
     *     name
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

    /**
     * Wraps libraries, and writes the trace to a writer, which is flushed after every line.
     *
     * @param real the libraries; closed with the result
     * @param out the trace; closed with the result
     * @return the recording libraries
     */
    public XenLibraries wrap(XenLibraries real, Writer out) {
        return wrap(real, () -> new TraceWriter(out, TraceWriter.Flush.EVERY_LINE));
    }

    private XenLibraries wrap(XenLibraries real, Supplier<TraceWriter> out) {
        XenRelease release = XenRelease.ofVersionCall(real.call().call(Hypercall.XEN_VERSION.number(), 0, 0));
        TraceWriter writer = out.get();
        String shown = secrets.redaction().text(command);
        writer.append(
                new TraceHeader(TraceHeader.VERSION, release.toString(), shown, clock.instant(), contents, secrets)
                        .toJson());
        return ChannelLibraries.on(
                new RecordingChannel(real, writer), XenAbi.of(release), contents.form(), secrets.redaction());
    }
}
