// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.plan;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.GraphicsConfig;
import org.xenjava.toolstack.memory.MemoryPlan;

/**
 * The plan of a guest's QEMU.
 *
 * @param program path of the program
 * @param config the guest that it serves
 * @param memory plan of the guest's memory. QEMU populates the video RAM, which stays claimed until QEMU is ready.
 *     max_mem leaves another 272 pages for option ROMs and for hvmloader
 * @param disks the guest's disks
 * @param nics the guest's network cards
 * @param others the guest's other devices
 * @param confinement the rights that QEMU has
 */
public record QemuPlan(
        Path program,
        DomainConfig config,
        MemoryPlan memory,
        List<DiskPlan> disks,
        List<NicPlan> nics,
        List<QemuDevicePlan> others,
        QemuConfinement confinement) {
    /**
     * Copies the lists, so that the record is immutable.
     *
     * @param program path of the program
     * @param config the guest that it serves
     * @param memory plan of the guest's memory. QEMU populates the video RAM, which stays claimed until QEMU is
     *     ready. max_mem leaves another 272 pages for option ROMs and for hvmloader
     * @param disks the guest's disks
     * @param nics the guest's network cards
     * @param others the guest's other devices
     * @param confinement the rights that QEMU has
     */
    public QemuPlan {
        disks = List.copyOf(disks);
        nics = List.copyOf(nics);
        others = List.copyOf(others);
    }

    /** {@return the same with another confinement} */
    public QemuPlan with(QemuConfinement other) {
        return new QemuPlan(program, config, memory, disks, nics, others, other);
    }

    /** {@return the same with other disks} */
    public QemuPlan with(List<DiskPlan> located) {
        return new QemuPlan(program, config, memory, located, nics, others, confinement);
    }

    /** The programs that become QEMU one after the other, the last of which tells QEMU about the X server of its window. */
    public List<String> launcher() {
        List<String> variables = new ArrayList<>();
        GuestScreen.of(config).flatMap(GraphicsConfig::sdl).ifPresent(sdl -> {
            sdl.display().ifPresent(display -> variables.add("DISPLAY=" + display));
            sdl.authority().ifPresent(file -> variables.add("XAUTHORITY=" + file));
        });
        if (variables.isEmpty()) {
            return confinement.launcher();
        }
        return Stream.of(confinement.launcher(), List.of("env"), variables)
                .flatMap(List::stream)
                .toList();
    }

    /** The arguments behind the program's name. */
    public List<String> arguments(int domid, QemuFiles files) {
        return QemuCommandLine.of(domid, this, files);
    }
}
