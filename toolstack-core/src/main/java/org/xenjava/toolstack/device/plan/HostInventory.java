// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.plan;

import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.BooleanSupplier;
import org.xenjava.toolstack.config.Confinement;
import org.xenjava.toolstack.config.HvmConfig.Bios;
import org.xenjava.toolstack.xenctrl.lib.FirmwareLocator;
import org.xenjava.toolstack.xenctrl.lib.HostFile;
import org.xenjava.toolstack.xenctrl.lib.XenHost.BootLoaderRun;
import org.xenjava.toolstack.xenctrl.units.UsbAddress;

/** The questions of a device plan about the host. A plan asks about each file once. */
public interface HostInventory {
    /** The file or device at a path, after symbolic links. */
    HostFile file(String path);

    /** Whether the path leads to a directory. */
    boolean isDirectory(String path);

    /** The file behind {@code /dev/loopN}; empty if the loop device has none. */
    Optional<String> loopFile(int loop);

    /** The number of a domain of the host, by its name or number; empty if there is none. */
    OptionalInt domid(String nameOrNumber);

    /** Whether the host has a network interface of that name. */
    boolean linkExists(String link);

    /** Why a PCI device of the host cannot be given to a guest; empty if it can. */
    Optional<String> passthroughRefusal(PciPlan plan);

    /** Why a USB device of the host cannot be given to a guest; empty if it can. */
    Optional<String> usbRefusal(UsbAddress address);

    /** Why a hotplug script cannot be run; empty if it can. */
    Optional<String> scriptRefusal(String path);

    /** The running Xen's release, such as {@code 4.17}. */
    String release();

    /** Runs a boot loader, which a cancellation ends; returns what went wrong. */
    Optional<String> runBootLoader(BootLoaderRun run, BooleanSupplier isCancelled);

    /**
     * The QEMU to start.
     *
     * @param override {@code device_model_override}
     * @throws org.xenjava.toolstack.error.DeviceModelException if there is none; the message names every place
     */
    Path deviceModel(Optional<Path> override);

    /** How that QEMU can be confined. */
    QemuAbilities abilities(Path program);

    /** Why that QEMU cannot ask viewers for a password; empty if it can. */
    Optional<String> vncPasswordRefusal(Path program);

    /** A user of the host. */
    Optional<QemuUser> user(String name, QemuUser.Kind kind);

    /** The host's policy for QEMU. */
    Confinement confinement();

    /**
     * hvmloader, or the program that takes its place.
     *
     * @param named {@code firmware_override}
     * @throws org.xenjava.toolstack.error.KernelImageException if there is none; the message names every place
     */
    Path loader(Optional<Path> named);

    /**
     * The BIOS.
     *
     * @param named {@code bios_path_override}
     * @throws org.xenjava.toolstack.error.KernelImageException if there is none; the message names every place
     */
    Path bios(Bios kind, Optional<Path> named);

    /**
     * A host that has everything that a guest needs, for plans that no host executes: a path below {@code /dev} is a
     * block device and any other path a file, both of unknown identity.
     *
     * @param firmware finds the firmware to plan with
     */
    static HostInventory assumed(FirmwareLocator firmware) {
        return new AssumedHost(firmware);
    }
}
