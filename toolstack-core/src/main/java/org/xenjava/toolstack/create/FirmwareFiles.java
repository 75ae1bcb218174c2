// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.xenjava.toolstack.config.HvmConfig.Bios;
import org.xenjava.toolstack.error.KernelImageException;
import org.xenjava.toolstack.xenctrl.lib.FirmwareLocator;

/**
 * Finds hvmloader and the BIOSes. Their places are fixed when Xen is configured and differ between distributions, so
 * every known place is searched.
 */
public final class FirmwareFiles implements FirmwareLocator {
    /** The name of hvmloader in Xen's directory of firmware. */
    private static final String LOADER = "hvmloader";

    private final Path root;
    private final Optional<Path> prefix;

    private FirmwareFiles(Path root, Optional<Path> prefix) {
        this.root = root;
        this.prefix = prefix;
    }

    /**
     * {@return the files of this machine}
     *
     * @param prefix the prefix of a Xen that was installed from source, whose files come first
     */
    public static FirmwareFiles installed(Optional<Path> prefix) {
        return new FirmwareFiles(Path.of("/"), prefix);
    }

    /** The files below another root directory. */
    static FirmwareFiles below(Path root) {
        return new FirmwareFiles(root, Optional.empty());
    }

    private List<Path> directories(String release) {
        Stream<Path> own = prefix.stream()
                .flatMap(xen -> Stream.of("lib/xen/boot", "libexec/xen/boot").map(xen::resolve));
        return Stream.concat(own, installedDirectories(release).stream()).toList();
    }

    private List<Path> installedDirectories(String release) {
        return all(
                // Debian
                "usr/lib/xen-" + release + "/boot",
                // Fedora, XCP-ng, Gentoo
                "usr/libexec/xen/boot",
                // openSUSE, Arch
                "usr/lib/xen/boot",
                // Xen's own default
                "usr/local/lib/xen/boot",
                "usr/local/libexec/xen/boot");
    }

    private List<Path> seaBios() {
        return all(
                // Debian, Fedora, XCP-ng
                "usr/share/seabios/bios-256k.bin",
                // openSUSE, Arch
                "usr/share/qemu/bios-256k.bin");
    }

    private List<Path> ovmf() {
        return all(
                // Debian
                "usr/share/ovmf/OVMF.fd",
                // Fedora
                "usr/share/edk2/xen/OVMF.fd",
                // openSUSE
                "usr/share/qemu/ovmf-x86_64-xen-4m.bin",
                // Arch
                "usr/share/ovmf/x64/OVMF.fd");
    }

    private List<Path> all(String... paths) {
        return Stream.of(paths).map(root::resolve).toList();
    }

    /** The candidates for a BIOS: beside hvmloader, if it was built with Xen, or elsewhere. */
    private static List<Path> inEachOr(List<Path> directories, String name, List<Path> elsewhere) {
        return Stream.concat(directories.stream().map(directory -> directory.resolve(name)), elsewhere.stream())
                .toList();
    }

    /** @throws KernelImageException if there is none; the message names every place */
    @Override
    public Path loader(Optional<Path> named, String release) {
        Path name = named.orElse(Path.of(LOADER));
        List<Path> candidates = name.isAbsolute()
                ? List.of(name)
                : directories(release).stream()
                        .map(directory -> directory.resolve(name))
                        .toList();
        return find(
                name.toString(),
                candidates,
                "install Xen's tools, or name the file with "
                        + (LOADER.equals(name.toString()) ? "firmware_override" : "its path"));
    }

    /** @throws KernelImageException if there is none; the message names every place */
    @Override
    public Path bios(String kind, Optional<Path> named, String release) {
        String advice = "install " + kind + ", or name the file with bios_path_override";
        List<Path> installed = kind.equals(Bios.OVMF.word())
                ? inEachOr(directories(release), "ovmf.bin", ovmf())
                : inEachOr(directories(release), "seabios.bin", seaBios());
        return find(kind, named.map(List::of).orElse(installed), advice);
    }

    private static Path find(String what, List<Path> candidates, String advice) {
        Optional<Path> found = candidates.stream().filter(Files::isRegularFile).findFirst();
        return found.orElseThrow(() -> new KernelImageException("firmware: no " + what + " is at "
                + candidates.stream().map(Path::toString).collect(Collectors.joining(", ")) + ": " + advice));
    }
}
