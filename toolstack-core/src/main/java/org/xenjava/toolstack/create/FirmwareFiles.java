// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.xenjava.toolstack.config.HvmConfig.Bios;
import org.xenjava.toolstack.config.HvmConfig.Firmware;
import org.xenjava.toolstack.error.KernelImageException;
import org.xenjava.toolstack.image.HvmFirmware;
import org.xenjava.toolstack.imagefile.ImageFiles;
import org.xenjava.toolstack.xenctrl.abi.XenRelease;

/**
 * Where hvmloader and the BIOSes are installed. Xen fixes it when it is configured; so distributions differ, and
 * every place is looked at.
 */
public final class FirmwareFiles implements FirmwareSource {
    /** In Xen's own directory of firmware. */
    private static final String LOADER = "hvmloader";

    private final List<Path> directories;
    private final List<Path> seaBios;
    private final List<Path> ovmf;

    private FirmwareFiles(List<Path> directories, List<Path> seaBios, List<Path> ovmf) {
        this.directories = directories;
        this.seaBios = seaBios;
        this.ovmf = ovmf;
    }

    /** Those of this machine, with that Xen running on it. */
    public static FirmwareFiles installed(XenRelease release) {
        return below(Path.of("/"), release);
    }

    /** Those of a machine whose root directory is somewhere else. */
    static FirmwareFiles below(Path root, XenRelease release) {
        List<Path> directories = all(
                root,
                // Debian
                "usr/lib/xen-" + release + "/boot",
                // Fedora, Gentoo
                "usr/libexec/xen/boot",
                // openSUSE, Arch
                "usr/lib/xen/boot",
                // Xen's own default
                "usr/local/lib/xen/boot",
                "usr/local/libexec/xen/boot");
        List<Path> seaBios = all(
                root,
                // Debian, Fedora
                "usr/share/seabios/bios-256k.bin",
                // openSUSE, Arch
                "usr/share/qemu/bios-256k.bin");
        List<Path> ovmf = all(
                root,
                // Debian
                "usr/share/ovmf/OVMF.fd",
                // Fedora
                "usr/share/edk2/xen/OVMF.fd",
                // openSUSE
                "usr/share/qemu/ovmf-x86_64-xen-4m.bin",
                // Arch
                "usr/share/ovmf/x64/OVMF.fd");
        return new FirmwareFiles(
                directories, inEachOr(directories, "seabios.bin", seaBios), inEachOr(directories, "ovmf.bin", ovmf));
    }

    private static List<Path> all(Path root, String... paths) {
        return Stream.of(paths).map(root::resolve).toList();
    }

    /** A BIOS that was built with Xen lies beside hvmloader. */
    private static List<Path> inEachOr(List<Path> directories, String name, List<Path> elsewhere) {
        return Stream.concat(directories.stream().map(directory -> directory.resolve(name)), elsewhere.stream())
                .toList();
    }

    @Override
    public HvmFirmware read(Firmware wanted, ImageFiles images) {
        return new HvmFirmware(
                images.loader(loader(wanted)),
                images.data("BIOS", bios(wanted)),
                wanted.acpiTables().map(file -> images.data("file of ACPI tables", file)),
                wanted.smbiosTables().map(file -> images.data("file of SMBIOS tables", file)));
    }

    /**
     * The program that an HVM guest starts with. A relative path in the configuration is relative to Xen's directory
     * of firmware, as in xl.
     *
     * @throws KernelImageException if there is none; the message names every place
     */
    Path loader(Firmware wanted) {
        Path name = wanted.loader().orElse(Path.of(LOADER));
        List<Path> candidates = name.isAbsolute()
                ? List.of(name)
                : directories.stream().map(directory -> directory.resolve(name)).toList();
        return find(name.toString(), candidates, "install Xen's tools, or name the file with firmware_override");
    }

    /**
     * The BIOS.
     *
     * @throws KernelImageException if there is none; the message names every place
     */
    Path bios(Firmware wanted) {
        String advice = "install " + wanted.bios().word() + ", or name the file with bios_path_override";
        List<Path> installed = wanted.bios() == Bios.OVMF ? ovmf : seaBios;
        return find(wanted.bios().word(), wanted.biosPath().map(List::of).orElse(installed), advice);
    }

    private static Path find(String what, List<Path> candidates, String advice) {
        Optional<Path> found = candidates.stream().filter(Files::isRegularFile).findFirst();
        return found.orElseThrow(() -> new KernelImageException("firmware: no " + what + " is at "
                + candidates.stream().map(Path::toString).collect(Collectors.joining(", ")) + ": " + advice));
    }
}
