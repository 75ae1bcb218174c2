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
 * Libraries that answer from a recording. Each call must be the next recorded one, with the same arguments and the
 * same bytes in memory; it then gets the recorded result, output bytes and errno. The first difference throws a
 * {@link ReplayMismatchException}, and so does every call after it.
 *
 * <p>Nothing is masked: code that puts random UUIDs, times or process ids into its calls must be given the same ones
 * again. The order is strict across threads too, so code with several threads has to make its calls in the recorded
 * order.
 *
 * <p>The exceptions are the calls that wait, because when they return is the machine's doing and not the caller's: a
 * recorded watch event or event channel waits for the next {@code readWatch} or {@code pending} of any thread, and
 * can be had as soon as all calls recorded before it were made. Until then {@code readWatch} waits for other threads,
 * at most for its timeout, and not at all if there are none.
 */
public final class Replay implements XenLibraries {
    private final ReplayingChannel channel;
    private final ChannelLibraries libraries;

    private Replay(Trace trace) {
        TraceHeader header = trace.header();
        this.channel = new ReplayingChannel(trace);
        this.libraries = ChannelLibraries.on(
                channel,
                XenAbi.of(header.release()),
                header.contents().form(),
                header.secrets().redaction());
    }

    /**
     * Replays a trace file, plain or {@code .gz}.
     *
     * @throws TraceFormatException if it is not a trace
     * @throws java.io.UncheckedIOException if it cannot be read
     */
    public static Replay of(Path trace) {
        return of(TraceReader.read(trace));
    }

    /** Replays a trace that was read before. */
    public static Replay of(Trace trace) {
        return new Replay(trace);
    }

    /**
     * Checks that every recorded call was made; watch events and event channels that nobody waited for do not count.
     *
     * @throws ReplayMismatchException if one was not, or if a call differed, also when whoever made that call
     *     has caught its exception
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

    /** True: there is no Xen at all. */
    @Override
    public boolean isSimulation() {
        return libraries.isSimulation();
    }

    /** Ends the replay, however far it got: {@link #assertFinished} tells, before or after. */
    @Override
    public void close() {
        libraries.close();
    }
}
