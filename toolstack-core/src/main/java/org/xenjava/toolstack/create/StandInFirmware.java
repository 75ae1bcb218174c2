// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.xenjava.toolstack.config.HvmConfig.Firmware;
import org.xenjava.toolstack.image.HvmFirmware;
import org.xenjava.toolstack.image.HvmLoader;
import org.xenjava.toolstack.image.TinyKernel;

/**
 * Firmware for machines on which nothing runs: what the configuration names and the machine has, and for the rest a
 * program that does nothing.
 */
final class StandInFirmware implements FirmwareSource {
    @Override
    public HvmFirmware read(Firmware wanted) {
        return new HvmFirmware(
                HvmLoader.parse(file("firmware", wanted.loader()).orElseGet(TinyKernel::elf)),
                file("BIOS", wanted.biosPath()).orElseGet(TinyKernel::elf),
                file("file of ACPI tables", wanted.acpiTables()),
                file("file of SMBIOS tables", wanted.smbiosTables()));
    }

    private static Optional<byte[]> file(String what, Optional<Path> named) {
        return named.filter(Files::isRegularFile).map(path -> ImageFile.read(what, path));
    }
}
