// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.error.SaveStreamException;
import org.xenjava.toolstack.memory.layout.SpecialPage;
import org.xenjava.toolstack.progress.MemoryComparison;
import org.xenjava.toolstack.save.RestoredMemory;
import org.xenjava.toolstack.save.pv.RestoredPvGuest;
import org.xenjava.toolstack.stream.PageBatch;
import org.xenjava.toolstack.stream.PvRecord;
import org.xenjava.toolstack.stream.RecordReader;
import org.xenjava.toolstack.stream.StreamRecord;
import org.xenjava.toolstack.stream.StreamRecord.HvmParams.Param;
import org.xenjava.toolstack.xenctrl.CpuPolicy;
import org.xenjava.toolstack.xenctrl.StateCalls;
import org.xenjava.toolstack.xenctrl.abi.HvmParam;
import org.xenjava.toolstack.xenctrl.units.KiB;

/** The parts of a restore that come from the stream. The reader stands behind the stream's {@code ImageStart}. */
final class RestoredState {
    private static final Map<Long, HvmParam> PARAMS = Arrays.stream(HvmParam.values())
            .collect(Collectors.toUnmodifiableMap(param -> (long) param.index(), Function.identity()));

    /** The pages that Xen and daemons share with the guest, by the parameter that names them. */
    private static final Map<HvmParam, SpecialPage> SHARED_PAGES = Map.of(
            HvmParam.STORE_PFN, SpecialPage.STORE,
            HvmParam.CONSOLE_PFN, SpecialPage.CONSOLE,
            HvmParam.IOREQ_PFN, SpecialPage.IOREQ,
            HvmParam.BUFIOREQ_PFN, SpecialPage.BUFFERED_IOREQ);

    private final GuestBuild guest;
    private final RecordReader reader;
    private final Consumer<MemoryComparison> compared;
    private Optional<StreamRecord> unread = Optional.empty();
    private Optional<StreamRecord.HvmContext> context = Optional.empty();
    private Optional<StreamRecord.HvmParams> params = Optional.empty();
    private Optional<StreamRecord.TscInfo> tsc = Optional.empty();
    private Optional<StreamRecord.EmulatorContext> emulator = Optional.empty();
    private Optional<PvRecord.Info> info = Optional.empty();
    private Optional<RestoredPvGuest> pv = Optional.empty();
    private Optional<RestoredMemory> ram = Optional.empty();

    /** @param compared receives the result if the sender asks for a comparison of the memory */
    RestoredState(GuestBuild guest, RecordReader reader, Consumer<MemoryComparison> compared) {
        this.guest = guest;
        this.reader = reader;
        this.compared = compared;
    }

    private StreamRecord next() {
        Optional<StreamRecord> waiting = unread;
        unread = Optional.empty();
        return waiting.orElseGet(() -> {
            try {
                return reader.next();
            } catch (IOException e) {
                throw new SaveStreamException("the stream cannot be read: " + e.getMessage(), e);
            }
        });
    }

    /** Gives the domain the CPU policy that it had; a stream from before Xen 4.14 has none. */
    void setCpuPolicy() {
        Optional<List<CpuPolicy.Leaf>> leaves = Optional.empty();
        List<CpuPolicy.Msr> msrs = List.of();
        StreamRecord record = next();
        while (!isBehindStaticData(record)) {
            if (record instanceof StreamRecord.CpuidPolicy policy) {
                leaves = Optional.of(policy.leaves());
            } else if (record instanceof StreamRecord.MsrPolicy policy) {
                msrs = policy.msrs();
            } else {
                keep(record);
            }
            record = next();
        }
        unread = Optional.of(record).filter(found -> !(found instanceof StreamRecord.StaticDataEnd));
        if (leaves.isPresent()) {
            guest.shell().setTimeOffset();
            guest.xenctrl().domains().setCpuPolicy(guest.domid(), new CpuPolicy(leaves.get(), msrs));
        } else {
            guest.shell().setCpuPolicy();
        }
    }

    /** A stream from before Xen 4.14 does not say where its static data end. */
    private static boolean isBehindStaticData(StreamRecord record) {
        return record instanceof StreamRecord.StaticDataEnd
                || record instanceof PageBatch
                || record instanceof PvRecord && !(record instanceof PvRecord.Info);
    }

    /** Reads the memory and everything behind it, up to the end of the stream. */
    void readStream() {
        Consumer<PageBatch> memory = memory();
        StreamRecord record = next();
        while (!(record instanceof StreamRecord.StreamEnd)) {
            guest.cancellation()
                    .check("restoring domain " + guest.plan().config().name());
            if (record instanceof PageBatch batch) {
                memory.accept(batch);
            } else if (record instanceof StreamRecord.Verify && ram.isPresent()) {
                ram.get().compareFromNowOn();
            } else {
                keep(record);
            }
            record = next();
        }
        ram.flatMap(RestoredMemory::comparison).ifPresent(compared);
    }

    private Consumer<PageBatch> memory() {
        KiB maxMem = guest.plan().memory().maxMem();
        DomainConfig config = guest.plan().config();
        if (!guest.shell().isPv()) {
            RestoredMemory restored = new RestoredMemory(guest.xenctrl(), guest.domid(), maxMem, config.maxMemory());
            ram = Optional.of(restored);
            return restored::put;
        }
        RestoredPvGuest restored =
                new RestoredPvGuest(guest.xenctrl(), guest.domid(), maxMem, config.maxMemory(), config.maxVcpus());
        info.ifPresent(restored::take);
        pv = Optional.of(restored);
        return restored::put;
    }

    private RestoredPvGuest pv() {
        return required(pv, "X86_PV_INFO");
    }

    private void keep(StreamRecord record) {
        if (record instanceof PvRecord found) {
            pv.ifPresent(restored -> restored.take(found));
            info = Optional.of(found)
                    .filter(PvRecord.Info.class::isInstance)
                    .map(PvRecord.Info.class::cast)
                    .or(() -> info);
            return;
        }
        if (record instanceof StreamRecord.HvmContext found) {
            context = Optional.of(found);
        } else if (record instanceof StreamRecord.HvmParams found) {
            params = Optional.of(found);
        } else if (record instanceof StreamRecord.TscInfo found) {
            tsc = Optional.of(found);
        } else if (record instanceof StreamRecord.EmulatorContext found
                && isHvm()
                && found.emulator() == StreamRecord.EmulatorContext.QEMU) {
            emulator = Optional.of(found);
        } else if (record instanceof StreamRecord.Verify
                || record instanceof StreamRecord.EmulatorContext
                || record instanceof StreamRecord.EmulatorStore) {
            throw new SaveStreamException("the stream has a record "
                    + reader.recordName() + ", which restoring a "
                    + guest.plan().config().type() + " guest does not expect");
        }
    }

    private boolean isHvm() {
        return guest.plan().config().hvm().isPresent();
    }

    /** The state of the emulated devices, known once the stream was read; empty for a guest without. */
    Optional<Supplier<byte[]>> devices() {
        return Optional.<Supplier<byte[]>>of(
                        () -> required(emulator, "EMULATOR_CONTEXT").state().bytes())
                .filter(state -> isHvm());
    }

    /** Sets the parameters that a stream does not have. The ports are those of this domain. */
    void setOwnParams() {
        guest.setTimerParams();
        guest.setFeatureParams();
        guest.setPortParams();
    }

    /** Clears the shared pages and sets the parameters of the stream. */
    void setHvmParams() {
        for (Param param : required(params, "HVM_PARAMS").params()) {
            HvmParam known = Optional.ofNullable(PARAMS.get(param.index()))
                    .orElseThrow(() -> new SaveStreamException(
                            "the stream has HVM parameter " + param.index() + ", which this library does not know"));
            Optional.ofNullable(SHARED_PAGES.get(known)).ifPresent(page -> clear(known, page, param.value()));
            guest.set(known, param.value());
        }
    }

    private void clear(HvmParam param, SpecialPage page, long gfn) {
        if (gfn != page.gfn()) {
            throw new SaveStreamException("the stream has " + param + " at gfn 0x" + Long.toHexString(gfn)
                    + ", and this library needs it at 0x" + Long.toHexString(page.gfn()));
        }
        guest.shell().clearPage(page);
    }

    /** Lets Xen check the page tables of a PV guest. */
    void pinPageTables() {
        pv().pinTables();
    }

    /** Tells a PV guest where its pages are, and the others where its rings are. */
    void writeStartInfo() {
        RestoredPvGuest.Rings rings = pv().describe(
                        guest.ports().store().port(), guest.ports().console().port());
        guest.moveRings(new GuestPorts.Frames(rings.store(), rings.console()));
    }

    /** Compares the pages that a PV guest has with those of the stream. */
    void verifyPvMemory() {
        guest.requirePages(pv().count());
    }

    void setVcpuState() {
        StreamRecord.TscInfo time = required(tsc, "X86_TSC_INFO");
        guest.xenctrl()
                .state()
                .setTsc(
                        guest.domid(),
                        new StateCalls.TscState(time.mode(), time.khz(), time.nanoseconds(), time.incarnation()));
        if (guest.shell().isPv()) {
            pv().setVcpus();
            return;
        }
        guest.xenctrl()
                .hvm()
                .setContext(
                        guest.domid(),
                        required(context, "HVM_CONTEXT").records().bytes());
    }

    private static <T> T required(Optional<T> record, String name) {
        return record.orElseThrow(() -> new SaveStreamException("the stream has no record " + name));
    }
}
