// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.xenjava.toolstack.config.HvmConfig.Bios;
import org.xenjava.toolstack.config.HvmConfig.Firmware;
import org.xenjava.toolstack.error.KernelImageException;

class FirmwareFilesTest {
    @TempDir
    Path root = Path.of("");

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "Debian, usr/lib/xen-4.17/boot/hvmloader, usr/share/seabios/bios-256k.bin, usr/share/ovmf/OVMF.fd",
        "Fedora, usr/libexec/xen/boot/hvmloader, usr/share/seabios/bios-256k.bin, usr/share/edk2/xen/OVMF.fd",
        "XCP-ng, usr/libexec/xen/boot/hvmloader, usr/libexec/xen/boot/seabios.bin, usr/libexec/xen/boot/ovmf.bin",
        "openSUSE, usr/lib/xen/boot/hvmloader, usr/share/qemu/bios-256k.bin, usr/share/qemu/ovmf-x86_64-xen-4m.bin",
        "Arch, usr/lib/xen/boot/hvmloader, usr/share/qemu/bios-256k.bin, usr/share/ovmf/x64/OVMF.fd",
        "source, usr/local/lib/xen/boot/hvmloader, usr/local/lib/xen/boot/seabios.bin, usr/local/lib/xen/boot/ovmf.bin",
    })
    void firmwareIsFoundWhereItIsInstalled(String system, String loader, String seaBios, String ovmf)
            throws IOException {
        for (String file : new String[] {loader, seaBios, ovmf}) {
            install(file);
        }
        assertEquals(root.resolve(loader), loader(Firmware.DEFAULT));
        assertEquals(root.resolve(seaBios), bios(Firmware.DEFAULT));
        assertEquals(root.resolve(ovmf), bios(with(Bios.OVMF)));
    }

    @Test
    void theFilesOfAPrefixComeFirst() throws IOException {
        Path loader = install("opt/xen/lib/xen/boot/hvmloader");
        Path bios = install("opt/xen/libexec/xen/boot/seabios.bin");
        FirmwareFiles files = FirmwareFiles.installed(Optional.of(root.resolve("opt/xen")));
        assertEquals(loader, files.loader(Optional.empty(), "4.17"));
        assertEquals(bios, files.bios("seabios", Optional.empty(), "4.17"));
    }

    @Test
    void theFilesOfTheRunningReleaseComeFirst() throws IOException {
        install("usr/local/lib/xen/boot/hvmloader");
        install("usr/lib/xen-4.14/boot/hvmloader");
        Path own = install("usr/lib/xen-4.17/boot/hvmloader");
        assertEquals(own, loader(Firmware.DEFAULT));
    }

    @Test
    void aBiosThatWasBuiltWithXenComesFirst() throws IOException {
        install("usr/share/seabios/bios-256k.bin");
        Path own = install("usr/lib/xen/boot/seabios.bin");
        assertEquals(own, bios(Firmware.DEFAULT));
    }

    @Test
    void theConfigurationNamesOtherFiles() throws IOException {
        install("usr/lib/xen-4.17/boot/hvmloader");
        Path debug = install("usr/lib/xen-4.17/boot/hvmloader.debug");
        Path mine = install("home/me/bios.bin");

        assertEquals(debug, loader(with("hvmloader.debug", mine)), "relative, as in xl");
        assertEquals(debug, loader(with(debug.toString(), mine)));
        assertEquals(mine, bios(with("hvmloader.debug", mine)));
    }

    @Test
    void aComplaintNamesEveryPlaceAndWhatToDo() throws IOException {
        Files.createDirectories(root.resolve("usr/lib/xen/boot/hvmloader"));
        KernelImageException e = assertThrows(KernelImageException.class, () -> loader(Firmware.DEFAULT));
        assertEquals(
                ("firmware: no hvmloader is at ROOT/usr/lib/xen-4.17/boot/hvmloader, ROOT/usr/libexec/xen/boot/hvmloader,"
                                + " ROOT/usr/lib/xen/boot/hvmloader, ROOT/usr/local/lib/xen/boot/hvmloader,"
                                + " ROOT/usr/local/libexec/xen/boot/hvmloader:"
                                + " install Xen's tools, or name the file with firmware_override")
                        .replace("ROOT", root.toString()),
                e.getMessage());
    }

    @Test
    void aFileThatTheConfigurationNamesIsNotReplacedByAnother() throws IOException {
        install("usr/share/seabios/bios-256k.bin");
        Path missing = root.resolve("missing.bin");
        KernelImageException e = assertThrows(KernelImageException.class, () -> bios(with("hvmloader", missing)));
        assertEquals(
                "firmware: no seabios is at " + missing + ": install seabios, or name the file with bios_path_override",
                e.getMessage());
    }

    private Path loader(Firmware wanted) {
        return files().loader(wanted.loader(), "4.17");
    }

    private Path bios(Firmware wanted) {
        return files().bios(wanted.bios().word(), wanted.biosPath(), "4.17");
    }

    private FirmwareFiles files() {
        return FirmwareFiles.below(root);
    }

    private Path install(String path) throws IOException {
        Path file = root.resolve(path);
        Files.createDirectories(file.getParent());
        return Files.write(file, new byte[] {1});
    }

    private static Firmware with(Bios bios) {
        return new Firmware(bios, Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());
    }

    private static Firmware with(String loader, Path bios) {
        return new Firmware(
                Bios.SEABIOS, Optional.of(bios), Optional.of(Path.of(loader)), Optional.empty(), Optional.empty());
    }
}
