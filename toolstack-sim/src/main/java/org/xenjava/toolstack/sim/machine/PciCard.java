// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.machine;

import java.util.Optional;
import org.xenjava.toolstack.xenctrl.units.PciAddress;

/**
 * A PCI device of the simulated computer: a network card, or a bridge, with registers in memory and in ports, and an
 * interrupt line.
 *
 * @param address its address
 * @param driver the driver that domain 0 loads for it; empty if none
 * @param group devices with the same number cannot be told apart by the IOMMU
 * @param index number of the card, which decides its resources
 * @param reserved the memory that firmware reserves for it; empty if none
 */
public record PciCard(PciAddress address, String driver, int group, int index, Optional<Reserved> reserved) {
    /**
     * Memory that a card uses at the same addresses in every guest.
     *
     * @param firstFrame its first page frame
     * @param frames number of pages
     */
    public record Reserved(long firstFrame, long frames) {}

    /** The same card with reserved memory. */
    public PciCard with(Reserved memory) {
        return new PciCard(address, driver, group, index, Optional.of(memory));
    }

    private static final long FIRST_MEMORY = 0xfeb0_0000L;
    private static final long MEMORY_BYTES = 0x2_0000;
    private static final int FIRST_PORT = 0xc000;
    private static final int PORTS = 0x40;
    private static final int FIRST_INTERRUPT = 20;
    private static final int LINES = 4;
    private static final int IORESOURCE_IO = 0x100;
    private static final int IORESOURCE_MEM = 0x200;

    /** The text of the file {@code class}: the driver pcieport has bridges, and the others have network cards. */
    public String classCode() {
        return driver.equals("pcieport") ? "0x060400" : "0x020000";
    }

    /** The line of its interrupt; each fourth card shares one. */
    public int interrupt() {
        return FIRST_INTERRUPT + index % LINES;
    }

    /** The text of the file {@code resource}: the first and the last address and the flags of each register block. */
    public String resources() {
        long memory = FIRST_MEMORY + index * MEMORY_BYTES;
        long ports = FIRST_PORT + (long) index * PORTS;
        return line(memory, memory + MEMORY_BYTES - 1, IORESOURCE_MEM) + "\n"
                + line(ports, ports + PORTS - 1, IORESOURCE_IO) + "\n" + line(0, 0, 0);
    }

    private static String line(long first, long last, long flags) {
        return "0x%016x 0x%016x 0x%016x".formatted(first, last, flags);
    }
}
