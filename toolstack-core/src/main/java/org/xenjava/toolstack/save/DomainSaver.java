// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.save;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.progress.Cancellation;
import org.xenjava.toolstack.progress.DumpListener;
import org.xenjava.toolstack.progress.MigrationListener;
import org.xenjava.toolstack.save.GuestEmulator.Disks;
import org.xenjava.toolstack.stream.Blob;
import org.xenjava.toolstack.stream.RecordLink;
import org.xenjava.toolstack.stream.RecordWriter;
import org.xenjava.toolstack.stream.SaveStreamWriter;
import org.xenjava.toolstack.stream.StreamRecord;
import org.xenjava.toolstack.stream.XlHeader;
import org.xenjava.toolstack.xenctrl.CpuPolicy;
import org.xenjava.toolstack.xenctrl.StateCalls;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.abi.XenRelease;
import org.xenjava.toolstack.xenctrl.units.KiB;

/**
 * Writes a domain to a stream that {@code xl restore} reads too. Frames without a page are left out. The caller makes
 * sure first that every populate-on-demand entry has a page, because the save populates all of them.
 */
public final class DomainSaver {
    private static final Logger LOG = LoggerFactory.getLogger(DomainSaver.class);
    private static final int VERSION = 3;

    private final Xenctrl xenctrl;
    private final int domid;
    private final DomainType type;
    private final GuestEmulator emulator;
    private final Cancellation cancellation;
    private Optional<Blob> devices = Optional.empty();

    /**
     * Prepares a save.
     *
     * @param xenctrl the hypercalls
     * @param domid number of the domain
     * @param type its type
     * @param emulator emulates its devices
     * @param cancellation checked after each part of the memory
     */
    public DomainSaver(Xenctrl xenctrl, int domid, DomainType type, GuestEmulator emulator, Cancellation cancellation) {
        this.xenctrl = xenctrl;
        this.domid = domid;
        this.type = type;
        this.emulator = emulator;
        this.cancellation = cancellation;
    }

    /** Writes the memory, and suspends the guest on the way. */
    @FunctionalInterface
    private interface MemoryCopy {
        void write(PageSender pages) throws IOException;
    }

    /**
     * Suspends the guest and writes the whole stream.
     *
     * @param file an empty file
     * @param config libxl's JSON of the domain
     * @param size the largest size of the domain: {@code memory/static-max}
     * @param suspension suspends the guest
     * @param listener receives the progress
     * @throws IOException if the file cannot be written
     * @throws org.xenjava.toolstack.error.OperationCancelledException if the save is cancelled
     */
    public void write(FileChannel file, String config, KiB size, Runnable suspension, DumpListener listener)
            throws IOException {
        SavedState state = SavedState.of(xenctrl, domid, type, size);
        write(new SaveStreamWriter(new SparseChannel(file)), config, state, pages -> {
            stop(suspension, Disks.KEPT);
            pages.sendAll(size, listener);
            pages.requireAll();
        });
    }

    /**
     * Writes the whole stream, most of it while the guest runs, and leaves the guest suspended. A guest that runs on here
     * needs {@link GuestEmulator#endWriteLog}.
     *
     * @param link leads to the other host, in the format that both ends use
     * @param config libxl's JSON of the domain
     * @param size the largest size of the domain: {@code memory/static-max}
     * @param suspension suspends the guest
     * @param settings the pace of the copy
     * @param listener receives the progress
     * @throws IOException if the link is broken
     * @throws org.xenjava.toolstack.error.OperationCancelledException if the migration is cancelled
     */
    public void writeLive(
            RecordLink link,
            String config,
            KiB size,
            Runnable suspension,
            CopySettings settings,
            MigrationListener listener)
            throws IOException {
        SharedPace pace = new SharedPace(settings.bytesPerSecond(), SharedPace.Time.SYSTEM);
        emulator.find(Disks.RELEASED);
        PageSender sent;
        SavedState state = SavedState.of(xenctrl, domid, type, size);
        try (WriteLog log = new WriteLog(xenctrl, domid, state.frames().end(), settings::endThrottle)) {
            emulator.logWrites();
            Runnable stop = () -> stop(suspension, Disks.RELEASED);
            sent = write(link.writer(pace::over), config, state, pages -> new LiveCopy(
                            pages, log, listener, domid, pace, settings)
                    .run(size, stop));
        }
        // Meanwhile the other host attaches the devices.
        LOG.debug("the state of domain {} sent, and writes no longer logged", domid);
        sent.requireSameFrames(size);
        LOG.debug("domain {} has the same frames as before", domid);
    }

    /** The devices write to the guest's memory until they are stopped. */
    private void stop(Runnable suspension, Disks disks) {
        // A guest that is suspended without its devices cannot run on.
        emulator.find(disks);
        suspension.run();
        devices = emulator.stop(disks);
    }

    private PageSender write(RecordWriter writer, String config, SavedState state, MemoryCopy memory)
            throws IOException {
        writer.header(new XlHeader(XlHeader.ConfigFormat.LIBXL_JSON, config));
        XenRelease release = xenctrl.abi().release();
        writer.write(new StreamRecord.ImageStart(VERSION, state.kind(), release.major(), release.minor()));
        state.writeStart(writer);
        CpuPolicy policy = xenctrl.state().cpuPolicy(domid, xenctrl.host().largestCpuPolicy());
        writer.write(new StreamRecord.CpuidPolicy(policy.leaves()));
        writer.write(new StreamRecord.MsrPolicy(policy.msrs()));
        writer.write(new StreamRecord.StaticDataEnd());
        PageSender pages = new PageSender(xenctrl, domid, state.frames(), writer, cancellation);
        memory.write(pages);
        StateCalls.TscState tsc = xenctrl.state().tsc(domid);
        writer.write(new StreamRecord.TscInfo(tsc.mode(), tsc.khz(), tsc.nanoseconds(), tsc.incarnation()));
        state.writeVcpus(writer);
        writer.write(new StreamRecord.ImageEnd());
        if (devices.isPresent()) {
            writer.write(new StreamRecord.EmulatorContext(StreamRecord.EmulatorContext.QEMU, 0, devices.get()));
        }
        writer.write(new StreamRecord.StreamEnd());
        return pages;
    }
}
