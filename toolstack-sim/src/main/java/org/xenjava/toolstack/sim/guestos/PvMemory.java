// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.guestos;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.LongUnaryOperator;
import java.util.stream.IntStream;
import org.xenjava.toolstack.sim.machine.Machine;
import org.xenjava.toolstack.sim.machine.PinnedTables;
import org.xenjava.toolstack.sim.machine.XenDomain;
import org.xenjava.toolstack.sim.memory.GfnType;
import org.xenjava.toolstack.sim.memory.PhysicalMemory;
import org.xenjava.toolstack.xenctrl.abi.StructLayout;
import org.xenjava.toolstack.xenctrl.abi.StructView;

/**
 * The machine frames of a PV guest's pages, as its kernel finds them: through the registers of vCPU 0, the page tables and
 * the start info. A kernel that finds something else than the interface promises does not come up.
 */
final class PvMemory {
    private static final long ABSENT = -1;
    private static final int CR3 = 3;
    private static final int PAGE_BITS = 12;

    /** The result of the hypercall that suspends a guest: 0 in another domain, and 1 in the same one. */
    private static final String RESULT = "rax";

    private static final long CANCELLED = 1;

    private final Machine machine;
    private final XenDomain domain;
    private final long[] frames;

    /** Machine frames of the pages of the list that the kernel keeps of its frames. */
    private final long[] list;

    /** Machine frame of the start info. */
    private final long startInfo;

    /** Machine frame of the ring that xenstored serves. */
    private final long storeRing;

    private PvMemory(Machine machine, XenDomain domain, long[] frames, long[] list, long startInfo) {
        this.machine = machine;
        this.domain = domain;
        this.frames = frames;
        this.list = list;
        this.startInfo = startInfo;
        this.storeRing = startInfo().get("store_mfn");
    }

    /**
     * Reads what the builder has left.
     *
     * @param pages number of pages of the memory map
     * @return empty if a kernel would crash
     */
    static Optional<PvMemory> found(Machine machine, XenDomain domain, long pages) {
        return domain.vcpuRegisters(0)
                .filter(context -> domain.pinnedTables().root().isPresent())
                .flatMap(context -> new Boot(machine, domain, context).memory(pages));
    }

    /**
     * Reads what a restore has left for a kernel that had suspended itself.
     *
     * @return empty if the kernel would crash
     */
    static Optional<PvMemory> resumed(Machine machine, XenDomain domain) {
        return domain.vcpuRegisters(0)
                .filter(context -> domain.pinnedTables().root().isPresent())
                .flatMap(context -> new Boot(machine, domain, context).resumedMemory());
    }

    /** The first instructions of a kernel. */
    private static final class Boot {
        private final Machine machine;
        private final XenDomain domain;
        private final StructView context;
        private final StructView registers;

        private Boot(Machine machine, XenDomain domain, byte[] context) {
            this.machine = machine;
            this.domain = domain;
            this.context = machine.abi().struct("vcpu_guest_context").at(ByteBuffer.wrap(context), 0);
            this.registers =
                    machine.abi().struct("cpu_user_regs").at(ByteBuffer.wrap(this.context.getBytes("user_regs")), 0);
        }

        private OptionalLong translate(long address) {
            return PinnedTables.translate(context.get("ctrlreg", CR3) >>> PAGE_BITS, address, machine.content());
        }

        private Optional<PvMemory> memory(long pages) {
            OptionalLong page = translate(registers.get("rsi"));
            if (page.isEmpty() || pages > Integer.MAX_VALUE) {
                return Optional.empty();
            }
            StructLayout layout = machine.abi().struct("start_info");
            byte[] bytes = machine.content().read(page.getAsLong(), 0, layout.size());
            StructView info = layout.at(ByteBuffer.wrap(bytes), 0);
            long[] frames = new long[(int) pages];
            Arrays.fill(frames, ABSENT);
            long count = info.get("nr_pages");
            if (!isUsable(info)
                    || count > frames.length
                    || info.get("nr_pages") != domain.memory().totalPages()) {
                return Optional.empty();
            }
            Optional<long[]> list = readList(info.get("mfn_list"), count, frames);
            if (list.isEmpty() || !isListWhereItSays(info, frames) || !areRingsMine(info)) {
                return Optional.empty();
            }
            describe(info.get("mfn_list"), count);
            return Optional.of(new PvMemory(machine, domain, frames, list.get(), page.getAsLong()));
        }

        /** Tells toolstacks where the list is. */
        private void describe(long address, long pages) {
            StructLayout layout = machine.abi().struct("shared_info");
            byte[] page = machine.content().read(domain.sharedInfoFrame(), 0, PhysicalMemory.PAGE_BYTES);
            layout.at(ByteBuffer.wrap(page), 0)
                    .set("arch.max_pfn", pages)
                    .set("arch.p2m_cr3", context.get("ctrlreg", CR3))
                    .set("arch.p2m_vaddr", address);
            machine.content().write(domain.sharedInfoFrame(), 0, page);
        }

        private Optional<PvMemory> resumedMemory() {
            StructLayout shared = machine.abi().struct("shared_info");
            byte[] page = machine.content().read(domain.sharedInfoFrame(), 0, shared.size());
            StructView known = shared.at(ByteBuffer.wrap(page), 0);
            long startInfo = registers.get("rdx");
            StructLayout layout = machine.abi().struct("start_info");
            StructView info = layout.at(ByteBuffer.wrap(machine.content().read(startInfo, 0, layout.size())), 0);
            long[] frames = new long[(int) known.get("arch.max_pfn")];
            Optional<long[]> list = readList(known.get("arch.p2m_vaddr"), frames.length, frames);
            boolean usable = registers.get(RESULT) != CANCELLED
                    && info.get("nr_pages") == frames.length
                    && info.get("shared_info") >>> PAGE_BITS == domain.sharedInfoFrame()
                    && known.get("arch.pfn_to_mfn_frame_list_list") == 0
                    && areRingsMine(info);
            if (list.isEmpty() || !usable) {
                return Optional.empty();
            }
            describe(known.get("arch.p2m_vaddr"), frames.length);
            return Optional.of(new PvMemory(machine, domain, frames, list.get(), startInfo));
        }

        private static boolean isListWhereItSays(StructView info, long[] frames) {
            return info.get("nr_p2m_frames") == 0 || info.get("first_p2m_pfn") < frames.length;
        }

        private boolean isUsable(StructView info) {
            String magic = new String(info.getBytes("magic"), StandardCharsets.US_ASCII).trim();
            boolean codeAndStack = translate(registers.get("rip")).isPresent()
                    && translate(registers.get("rsp") - 1).isPresent();
            boolean tables =
                    translate(info.get("pt_base")).equals(domain.pinnedTables().root());
            return magic.equals("xen-3.0-x86_64")
                    && codeAndStack
                    && tables
                    && info.get("shared_info") >>> PAGE_BITS == domain.sharedInfoFrame()
                    && areEventsMasked();
        }

        /** An event before the kernel has a handler crashes the guest. */
        private boolean areEventsMasked() {
            StructLayout layout = machine.abi().struct("vcpu_info");
            byte[] page = machine.content().read(domain.sharedInfoFrame(), 0, PhysicalMemory.PAGE_BYTES);
            for (int vcpu = 0; vcpu < machine.abi().constant("XEN_LEGACY_MAX_VCPUS"); vcpu++) {
                if (layout.at(ByteBuffer.wrap(page), vcpu * layout.size()).get("evtchn_upcall_mask") != 1) {
                    return false;
                }
            }
            return true;
        }

        /** Reads the list at an address, and returns the machine frames of its pages. */
        private Optional<long[]> readList(long address, long count, long[] frames) {
            Set<Long> seen = new HashSet<>();
            int perPage = PhysicalMemory.PAGE_BYTES / Long.BYTES;
            long[] pages = new long[(int) ((count + perPage - 1) / perPage)];
            for (int pfn = 0; pfn < count; pfn += perPage) {
                OptionalLong page = translate(address + (long) pfn * Long.BYTES);
                if (page.isEmpty()) {
                    return Optional.empty();
                }
                pages[pfn / perPage] = page.getAsLong();
                ByteBuffer list = ByteBuffer.wrap(
                                machine.content().read(page.getAsLong(), 0, PhysicalMemory.PAGE_BYTES))
                        .order(ByteOrder.LITTLE_ENDIAN);
                for (int i = pfn; i < Math.min(count, pfn + perPage); i++) {
                    frames[i] = list.getLong();
                    boolean mine = domain.memory().type(frames[i]) == GfnType.RAM && seen.add(frames[i]);
                    if (frames[i] != ABSENT && !mine) {
                        return Optional.empty();
                    }
                }
            }
            return Optional.of(pages);
        }

        private boolean areRingsMine(StructView info) {
            return domain.memory().type(info.get("store_mfn")) == GfnType.RAM
                    && domain.memory().type(info.get("console.domU.mfn")) == GfnType.RAM
                    && domain.eventChannels().find(info.getInt("store_evtchn")).isPresent()
                    && domain.eventChannels()
                            .find(info.getInt("console.domU.evtchn"))
                            .isPresent();
        }
    }

    /** The machine frame of a page; empty while the balloon has it. */
    OptionalLong frame(long pfn) {
        return pfn < frames.length && frames[(int) pfn] != ABSENT
                ? OptionalLong.of(frames[(int) pfn])
                : OptionalLong.empty();
    }

    /** Gives a page another machine frame. */
    void setFrame(long pfn, long frame) {
        frames[(int) pfn] = frame;
        int perPage = PhysicalMemory.PAGE_BYTES / Long.BYTES;
        int page = (int) pfn / perPage;
        if (page < list.length) {
            byte[] number = ByteBuffer.allocate(Long.BYTES)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putLong(frame)
                    .array();
            machine.content().write(list[page], (int) pfn % perPage * Long.BYTES, number);
            domain.memory().reportWrite(list[page]);
        }
    }

    /** Records that a page has no machine frame any more. */
    void remove(long pfn) {
        setFrame(pfn, ABSENT);
    }

    /** Whether the kernel has data of its own in a page, which it does not overwrite. */
    boolean isKernels(long frame) {
        return frame == startInfo
                || frame == startInfo().get("store_mfn")
                || frame == startInfo().get("console.domU.mfn")
                || domain.pinnedTables().contains(frame)
                || Arrays.stream(list).anyMatch(page -> page == frame);
    }

    private StructView startInfo() {
        StructLayout layout = machine.abi().struct("start_info");
        return layout.at(ByteBuffer.wrap(machine.content().read(startInfo, 0, layout.size())), 0);
    }

    /** Names the rings by pfn, and the start info in a register, as a kernel that suspends itself does. */
    void suspend() {
        renameRings(this::pfn);
        setRegister("rdx", startInfo);
        setRegister(RESULT, 0);
    }

    /**
     * Continues in the same domain. Only a kernel whose suspend hypercall returns 1 names its rings by machine frame again:
     * another one expects that a restore has done so.
     *
     * @return whether the kernel has found the ring that xenstored serves
     */
    boolean resume() {
        if (register(RESULT) == CANCELLED) {
            renameRings(pfn -> frames[(int) pfn]);
        }
        return startInfo().get("store_mfn") == storeRing;
    }

    private void renameRings(LongUnaryOperator numbers) {
        StructView info = startInfo();
        info.set("store_mfn", numbers.applyAsLong(info.get("store_mfn")))
                .set("console.domU.mfn", numbers.applyAsLong(info.get("console.domU.mfn")));
        machine.content().write(startInfo, 0, info.toBytes());
        domain.memory().reportWrite(startInfo);
    }

    private long pfn(long frame) {
        return IntStream.range(0, frames.length)
                .filter(pfn -> frames[pfn] == frame)
                .findFirst()
                .orElseThrow();
    }

    private long register(String name) {
        return registers(context(domain.vcpuRegisters(0).orElseThrow())).get(name);
    }

    /** Sets a register of the first vCPU. */
    void setRegister(String name, long value) {
        StructView context = context(domain.vcpuRegisters(0).orElseThrow());
        context.setBytes("user_regs", registers(context).set(name, value).toBytes());
        domain.setVcpuRegisters(0, context.toBytes());
    }

    private StructView context(byte[] bytes) {
        return machine.abi().struct("vcpu_guest_context").at(ByteBuffer.wrap(bytes), 0);
    }

    private StructView registers(StructView context) {
        return machine.abi().struct("cpu_user_regs").at(ByteBuffer.wrap(context.getBytes("user_regs")), 0);
    }

    /** The number of pages of the memory map without a machine frame. */
    long absentPages() {
        return Arrays.stream(frames).filter(frame -> frame == ABSENT).count();
    }
}
