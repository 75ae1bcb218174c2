// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.xenjava.toolstack.config.HvmConfig.Firmware;
import org.xenjava.toolstack.image.DataImage;
import org.xenjava.toolstack.image.HvmFirmware;
import org.xenjava.toolstack.image.HvmLoader;
import org.xenjava.toolstack.image.ImageContent;
import org.xenjava.toolstack.image.PlaceholderKernel;
import org.xenjava.toolstack.imagefile.ImageFiles;

/**
 * Firmware for machines on which nothing runs: what the configuration names and the machine has, and for the rest a
 * program that does nothing.
 */
final class StandInFirmware implements FirmwareSource {
    @Override
    public HvmFirmware read(Firmware wanted, ImageFiles images) {
        return new HvmFirmware(
                present(wanted.loader()).map(images::loader).orElseGet(() -> HvmLoader.parse(tiny("firmware"))),
                present(wanted.biosPath())
                        .map(path -> images.data("BIOS", path))
                        .orElseGet(() -> DataImage.of(tiny("BIOS"))),
                present(wanted.acpiTables()).map(path -> images.data("file of ACPI tables", path)),
                present(wanted.smbiosTables()).map(path -> images.data("file of SMBIOS tables", path)));
    }

    private static Optional<Path> present(Optional<Path> named) {
        return named.filter(Files::isRegularFile);
    }

    private static ImageContent tiny(String what) {
        return ImageContent.of(what, PlaceholderKernel.elf());
    }
}
