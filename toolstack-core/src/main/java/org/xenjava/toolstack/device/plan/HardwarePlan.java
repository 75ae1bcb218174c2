// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.OtherDevice;
import org.xenjava.toolstack.error.ConfigException;

/**
 * Ports, memory and interrupts of the host that a guest uses directly without a PCI device.
 *
 * @param ports ranges of I/O ports
 * @param interrupts numbers of interrupt lines
 * @param memory ranges of page frames
 */
public record HardwarePlan(List<PortRange> ports, List<Integer> interrupts, List<FrameRange> memory) {
    private static final int PORTS = 0x1_0000;
    private static final int HEXADECIMAL = 16;

    /**
     * I/O ports of the host.
     *
     * @param first the first port
     * @param count number of ports
     */
    public record PortRange(int first, int count) {
        /** The range as in xl.cfg. */
        @Override
        public String toString() {
            return "%x-%x".formatted(first, first + count - 1);
        }
    }

    /**
     * Page frames of the host.
     *
     * @param first the first frame
     * @param count number of frames
     * @param gfn the first frame in the guest
     */
    public record FrameRange(long first, long count, long gfn) {
        /** The range as in xl.cfg. */
        @Override
        public String toString() {
            return "%x,%x".formatted(first, count) + (gfn == first ? "" : "@%x".formatted(gfn));
        }
    }

    /** Nothing of the host. */
    public static final HardwarePlan NONE = new HardwarePlan(List.of(), List.of(), List.of());

    /** Copies the lists, so that the record is immutable. */
    public HardwarePlan {
        ports = List.copyOf(ports);
        interrupts = List.copyOf(interrupts);
        memory = List.copyOf(memory);
    }

    /**
     * {@return what a configuration names}
     *
     * @throws ConfigException if x86 has no such port, or the guest cannot have memory of the host
     */
    public static HardwarePlan of(DomainConfig config) {
        List<PortRange> ports = new ArrayList<>();
        List<Integer> interrupts = new ArrayList<>();
        List<FrameRange> memory = new ArrayList<>();
        for (OtherDevice device : config.otherDevices()) {
            Map<String, String> values = device.parameters();
            switch (device.kind()) {
                case IO_PORTS -> ports.add(ports(hexadecimal(values, "first"), hexadecimal(values, "last")));
                case IRQ -> interrupts.add(Integer.parseInt(values.getOrDefault("number", "0")));
                case IO_MEMORY -> {
                    long start = hexadecimal(values, "start");
                    long gfn = values.containsKey("gfn") ? hexadecimal(values, "gfn") : start;
                    memory.add(new FrameRange(start, hexadecimal(values, "count"), gfn));
                }
                default -> {
                    // Other plans have the other kinds.
                }
            }
        }
        if (!memory.isEmpty() && config.populateOnDemand()) {
            throw new ConfigException("iomem: a guest that uses memory of the host's devices cannot have"
                    + " populate-on-demand memory: give it maxmem = memory");
        }
        return new HardwarePlan(ports, interrupts, memory);
    }

    private static PortRange ports(long first, long last) {
        if (last >= PORTS) {
            throw new ConfigException("ioports: %x-%x: the last port of x86 is ffff".formatted(first, last));
        }
        return new PortRange((int) first, (int) (last - first + 1));
    }

    private static long hexadecimal(Map<String, String> values, String name) {
        return Long.parseLong(values.getOrDefault(name, "0"), HEXADECIMAL);
    }

    /** Whether the guest uses nothing of that kind. */
    public boolean isEmpty() {
        return ports.isEmpty() && interrupts.isEmpty() && memory.isEmpty();
    }

    /** The plan for people, one line for each range. */
    public List<String> lines() {
        List<String> lines = new ArrayList<>();
        ports.forEach(range -> lines.add("I/O ports " + range));
        memory.forEach(range -> lines.add("page frames " + range));
        interrupts.forEach(interrupt -> lines.add("interrupt " + interrupt));
        return lines;
    }
}
