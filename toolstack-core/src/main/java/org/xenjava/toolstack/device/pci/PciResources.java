// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.pci;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * The registers and the interrupt of a PCI device.
 *
 * @param memory page frames with registers
 * @param ports I/O ports
 * @param interrupt number of the interrupt line; empty if the device has none
 */
record PciResources(List<Range> memory, List<Range> ports, OptionalInt interrupt) {
    /** Flags of a line of the file {@code resource} ({@code linux/ioport.h}). */
    private static final long IORESOURCE_IO = 0x100;

    private static final long IORESOURCE_MEM = 0x200;

    /** {@code IORESOURCE_UNSET} and {@code IORESOURCE_DISABLED}. */
    private static final long IORESOURCE_NOT_PLACED = 0x3000_0000;

    /** Six register blocks and the ROM. */
    private static final int OWN_LINES = 7;

    private static final long LAST_PORT = 0xFFFF;
    private static final int HEX = 16;

    /** Numbers of up to 60 bits. */
    private static final Pattern LINE =
            Pattern.compile("0x0?([0-9a-f]{1,15}) 0x0?([0-9a-f]{1,15}) 0x0?([0-9a-f]{1,15})");

    PciResources {
        memory = List.copyOf(memory);
        ports = List.copyOf(ports);
    }

    /** Consecutive page frames or ports. */
    record Range(long first, long count) {
        private boolean overlaps(Range other) {
            return first < other.first + other.count && other.first < first + count;
        }
    }

    /**
     * Reads the description of a device. A register block that the kernel has not placed is none, and a line that is not
     * understood is left out.
     *
     * @param lines the file {@code resource}: first and last address and flags of each register block, of zeros if none.
     *     The first lines are the device's own; later ones are those of its virtual functions and of a bridge
     * @param irq the file {@code irq}: 0 if the device has no line
     */
    static PciResources parse(String lines, String irq) {
        List<Range> memory = new ArrayList<>();
        List<Range> ports = new ArrayList<>();
        lines.lines()
                .limit(OWN_LINES)
                .map(LINE::matcher)
                .filter(Matcher::matches)
                .forEach(line -> {
                    long first = Long.parseLong(line.group(1), HEX);
                    long last = Long.parseLong(line.group(2), HEX);
                    long flags = Long.parseLong(line.group(3), HEX);
                    if (first == 0 || last <= first || (flags & IORESOURCE_NOT_PLACED) != 0) {
                        return;
                    }
                    if ((flags & IORESOURCE_IO) != 0 && last <= LAST_PORT) {
                        ports.add(new Range(first, last - first + 1));
                    } else if ((flags & IORESOURCE_MEM) != 0) {
                        long frame = first >>> Pages.SHIFT;
                        memory.add(new Range(frame, (last >>> Pages.SHIFT) - frame + 1));
                    }
                });
        int line = irq.matches("\\d{1,9}") ? Integer.parseInt(irq) : 0;
        return new PciResources(memory, ports, line == 0 ? OptionalInt.empty() : OptionalInt.of(line));
    }

    /** An interrupt line alone. */
    static PciResources ofInterrupt(int line) {
        return new PciResources(List.of(), List.of(), OptionalInt.of(line));
    }

    /** Whether a port is among some. */
    boolean hasPorts(long first, long count) {
        return ports.stream().anyMatch(new Range(first, count)::overlaps);
    }

    /** Whether a page frame is among some. */
    boolean hasMemory(long first, long count) {
        return memory.stream().anyMatch(new Range(first, count)::overlaps);
    }

    /** The resources that none of the others has: small register blocks can share a page, and devices a line. */
    PciResources without(List<PciResources> others) {
        return new PciResources(
                memory.stream()
                        .filter(range -> others.stream()
                                .flatMap(other -> other.memory.stream())
                                .noneMatch(range::overlaps))
                        .toList(),
                ports.stream()
                        .filter(range -> others.stream()
                                .flatMap(other -> other.ports.stream())
                                .noneMatch(range::overlaps))
                        .toList(),
                others.stream().anyMatch(other -> other.interrupt.equals(interrupt)) ? OptionalInt.empty() : interrupt);
    }
}
