// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.machine;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import org.xenjava.toolstack.sim.memory.DomainMemory;
import org.xenjava.toolstack.sim.memory.GfnType;
import org.xenjava.toolstack.sim.memory.PhysicalMemory;
import org.xenjava.toolstack.sim.memory.XenRefusal;
import org.xenjava.toolstack.xenctrl.lib.Errno;

/**
 * The page tables of a PV guest, which Xen checks before a vCPU can use them: a table belongs to the guest, is mapped
 * writable by nobody, and maps pages of the guest only.
 */
public final class PinnedTables {
    /** Number of levels of page tables. */
    public static final int LEVELS = 4;

    private static final int PRESENT = 1;
    private static final int WRITABLE = 2;
    private static final int LARGE = 0x80;
    private static final long FRAME_MASK = 0x000F_FFFF_FFFF_F000L;
    private static final int PAGE_BITS = 12;
    private static final int INDEX_BITS = 9;
    private static final int INDEX_MASK = (1 << INDEX_BITS) - 1;
    private static final long LAST_ADDRESS_BITS = 48;

    private static final int PINNED = 8;

    /** The pinned tables with their levels, in the order in which they were pinned. */
    private final Map<Long, Integer> pinned = new LinkedHashMap<>();

    private final Map<Long, Integer> tables = new HashMap<>();

    /** Whether a page is a table. */
    public boolean contains(long mfn) {
        return tables.containsKey(mfn);
    }

    /** The type of a page as {@code getpageframeinfo3} reports it: the level of a table, and 8 if it is pinned. */
    public int type(long mfn) {
        return tables.getOrDefault(mfn, 0) + (pinned.containsKey(mfn) ? PINNED : 0);
    }

    /** The first root that the toolstack has pinned. */
    public OptionalLong root() {
        return pinned.entrySet().stream()
                .filter(table -> table.getValue() == LEVELS)
                .mapToLong(Map.Entry::getKey)
                .findFirst();
    }

    /**
     * {@code MMUEXT_PIN_L1_TABLE} to {@code MMUEXT_PIN_L4_TABLE}.
     *
     * @param level of the table
     * @throws XenRefusal EINVAL if the page is none of the guest's, is mapped, or is pinned already; EBUSY if a table is
     *     mapped writable or maps a page of another domain
     */
    public void pin(long mfn, int level, DomainMemory memory, PhysicalMemory content) {
        require(!pinned.containsKey(mfn), Errno.EINVAL);
        validate(mfn, level, memory, content);
        pinned.put(mfn, level);
    }

    /** Checks tables that a vCPU gets, whose pages are tables from now on. */
    public void validate(long mfn, DomainMemory memory, PhysicalMemory content) {
        validate(mfn, LEVELS, memory, content);
    }

    private void validate(long mfn, int level, DomainMemory memory, PhysicalMemory content) {
        Check check = new Check(memory, content, tables);
        check.table(mfn, level);
        require(check.levels.keySet().stream().noneMatch(check.writable::contains), Errno.EBUSY);
        tables.putAll(check.levels);
    }

    /** One walk over all tables. */
    private static final class Check {
        private final DomainMemory memory;
        private final PhysicalMemory content;
        private final Map<Long, Integer> levels;
        private final Set<Long> writable = new HashSet<>();

        private Check(DomainMemory memory, PhysicalMemory content, Map<Long, Integer> known) {
            this.memory = memory;
            this.content = content;
            this.levels = new HashMap<>(known);
        }

        private void table(long mfn, int level) {
            Integer known = levels.putIfAbsent(mfn, level);
            require(known == null || known == level, Errno.EBUSY);
            require(memory.type(mfn) == GfnType.RAM && !content.isMapped(mfn, 1), Errno.EINVAL);
            if (known != null) {
                return;
            }
            ByteBuffer entries = page(content, mfn);
            while (entries.hasRemaining()) {
                long entry = entries.getLong();
                if ((entry & PRESENT) != 0) {
                    require(level == 1 || (entry & LARGE) == 0, Errno.EINVAL);
                    below(entry, level);
                }
            }
        }

        private void below(long entry, int level) {
            long frame = frame(entry);
            if (level > 1) {
                table(frame, level - 1);
                return;
            }
            require(memory.type(frame) != GfnType.HOLE, Errno.EBUSY);
            if ((entry & WRITABLE) != 0) {
                writable.add(frame);
            }
        }
    }

    /**
     * Translates a virtual address as the processor does.
     *
     * @return the machine frame; empty if the address is not mapped
     */
    public static OptionalLong translate(long root, long address, PhysicalMemory content) {
        long frame = root;
        for (int level = LEVELS; level >= 1; level--) {
            int index = (int) (address >>> PAGE_BITS + INDEX_BITS * (level - 1)) & INDEX_MASK;
            long entry = page(content, frame).getLong(index * Long.BYTES);
            if ((entry & PRESENT) == 0) {
                return OptionalLong.empty();
            }
            frame = frame(entry);
        }
        return OptionalLong.of(frame);
    }

    /** Whether the upper bits of an address are copies of its bit 47. */
    public static boolean isCanonical(long address) {
        long upper = address >> LAST_ADDRESS_BITS - 1;
        return upper == 0 || upper == -1;
    }

    private static ByteBuffer page(PhysicalMemory content, long mfn) {
        return ByteBuffer.wrap(content.read(mfn, 0, PhysicalMemory.PAGE_BYTES)).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static long frame(long entry) {
        return (entry & FRAME_MASK) >>> PAGE_BITS;
    }

    private static void require(boolean condition, Errno otherwise) {
        if (!condition) {
            throw new XenRefusal(otherwise);
        }
    }
}
