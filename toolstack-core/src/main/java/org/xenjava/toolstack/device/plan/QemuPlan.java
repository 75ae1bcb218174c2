// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.plan;

import java.nio.file.Path;
import java.util.List;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.memory.MemoryPlan;

/**
 * The QEMU of a guest, decided.
 *
 * @param program what is started
 * @param config the guest that it serves
 * @param memory how much RAM the guest has, and where. QEMU populates the video RAM, which is claimed from the host
 *     until QEMU is ready. Below max_mem there is room for 272 pages more, for option ROMs and for what hvmloader
 *     populates
 * @param disks the guest's disks
 * @param nics the guest's network cards
 */
public record QemuPlan(Path program, DomainConfig config, MemoryPlan memory, List<DiskPlan> disks, List<NicPlan> nics) {
    public QemuPlan {
        disks = List.copyOf(disks);
        nics = List.copyOf(nics);
    }

    /** The arguments behind the program's name. */
    public List<String> arguments(int domid, QemuFiles files) {
        return QemuCommandLine.of(domid, this, files);
    }
}
