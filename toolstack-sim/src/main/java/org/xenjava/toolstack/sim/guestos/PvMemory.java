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

    private final long[] frames;

    private PvMemory(long[] frames) {
        this.frames = frames;
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
            return isUsable(info) && readList(info, frames) && areRingsMine(info)
                    ? Optional.of(new PvMemory(frames))
                    : Optional.empty();
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
                    && info.get("nr_pages") == domain.memory().totalPages()
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

        private boolean readList(StructView info, long[] frames) {
            long count = info.get("nr_pages");
            Set<Long> seen = new HashSet<>();
            int perPage = PhysicalMemory.PAGE_BYTES / Long.BYTES;
            for (int pfn = 0; pfn < count; pfn += perPage) {
                OptionalLong page = translate(info.get("mfn_list") + (long) pfn * Long.BYTES);
                if (page.isEmpty() || count > frames.length) {
                    return false;
                }
                ByteBuffer list = ByteBuffer.wrap(
                                machine.content().read(page.getAsLong(), 0, PhysicalMemory.PAGE_BYTES))
                        .order(ByteOrder.LITTLE_ENDIAN);
                for (int i = pfn; i < Math.min(count, pfn + perPage); i++) {
                    frames[i] = list.getLong();
                    if (domain.memory().type(frames[i]) != GfnType.RAM || !seen.add(frames[i])) {
                        return false;
                    }
                }
            }
            return info.get("nr_p2m_frames") == 0
                    || translate(info.get("mfn_list")).equals(OptionalLong.of(frames[(int) info.get("first_p2m_pfn")]));
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
    }

    /** Records that a page has no machine frame any more. */
    void remove(long pfn) {
        frames[(int) pfn] = ABSENT;
    }

    /** The number of pages of the memory map without a machine frame. */
    long absentPages() {
        return Arrays.stream(frames).filter(frame -> frame == ABSENT).count();
    }
}
