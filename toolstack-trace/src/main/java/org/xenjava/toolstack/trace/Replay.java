// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.trace;

import java.nio.file.Path;
import org.xenjava.toolstack.trace.call.ChannelLibraries;
import org.xenjava.toolstack.xenctrl.abi.XenAbi;
import org.xenjava.toolstack.xenctrl.lib.HostDevices;
import org.xenjava.toolstack.xenctrl.lib.XenCall;
import org.xenjava.toolstack.xenctrl.lib.XenDeviceModel;
import org.xenjava.toolstack.xenctrl.lib.XenEventChannels;
import org.xenjava.toolstack.xenctrl.lib.XenForeignMemory;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;
import org.xenjava.toolstack.xenctrl.lib.XenStore;

/**
 * Libraries that answer from a recording. Each call must be the next recorded one, with the same arguments and the same
 * bytes in memory. The call then gets the recorded result, output bytes and errno. The first difference throws a
 * {@link ReplayMismatchException}, and so does every later call.
 *
 * <p>A replay masks nothing but secrets: code that passes random UUIDs, times or process ids to Xen needs the recorded
 * ones. The order of calls is strict across threads too.
 *
 * <p>Calls that wait are the exception, because the machine decides when they return: the next {@code readWatch} or
 * {@code pending} of any thread gets a recorded watch event or event channel as soon as all calls recorded before it
 * were made. Until then {@code readWatch} waits for calls of other threads, at most for its timeout, and not at all if
 * there are no other threads.
 */
public final class Replay implements XenLibraries {
    private final ReplayingChannel channel;
    private final ChannelLibraries libraries;

    private Replay(Trace trace) {
        TraceHeader header = trace.header();
        this.channel = new ReplayingChannel(trace);
        this.libraries = ChannelLibraries.on(
                channel,
                XenAbi.of(header.xenRelease()),
                header.contents().form(),
                header.secrets().redaction());
    }

    /**
     * Replays a trace file, plain or {@code .gz}.
     *
     * @param trace the file; gzip if its name ends in {@code .gz}
     * @return the replay
     * @throws TraceFormatException if the file is not a trace
     * @throws java.io.UncheckedIOException if the file cannot be read
     */
    public static Replay of(Path trace) {
        return of(TraceReader.read(trace));
    }

    /**
     * Replays a trace in memory.
     *
     * @param trace the trace
     * @return the replay
     */
    public static Replay of(Trace trace) {
        return new Replay(trace);
    }

    /**
     * Checks that every recorded call was made; watch events and event channels that nobody waited for do not count.
     *
     * @throws ReplayMismatchException if a call was not made, or if a call differed, even if its caller caught the
     *     exception
     */
    public void assertFinished() {
        channel.assertFinished();
    }

    @Override
    public XenCall call() {
        return libraries.call();
    }

    @Override
    public XenForeignMemory foreignMemory() {
        return libraries.foreignMemory();
    }

    @Override
    public XenEventChannels eventChannels() {
        return libraries.eventChannels();
    }

    @Override
    public XenDeviceModel deviceModel() {
        return libraries.deviceModel();
    }

    @Override
    public XenStore store() {
        return libraries.store();
    }

    @Override
    public HostDevices hostDevices() {
        return libraries.hostDevices();
    }

    /** Ends the replay at any point; {@link #assertFinished} works before and after. */
    @Override
    public void close() {
        libraries.close();
    }
}
