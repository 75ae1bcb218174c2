// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image;

import java.util.Optional;
import java.util.stream.Stream;
import org.xenjava.toolstack.error.KernelImageException;

/**
 * What runs before an HVM guest's own system, and what it works with: contents of files, kept as they are and not to
 * be changed.
 *
 * @param loader runs first
 * @param bios what the loader starts
 * @param acpiTables that the loader adds to its own
 * @param smbiosTables that the loader adds to its own
 */
public record HvmFirmware(HvmLoader loader, byte[] bios, Optional<byte[]> acpiTables, Optional<byte[]> smbiosTables) {
    /** @throws KernelImageException if a file is empty */
    public HvmFirmware {
        if (Stream.concat(Stream.of(bios), Stream.concat(acpiTables.stream(), smbiosTables.stream()))
                .anyMatch(file -> file.length == 0)) {
            throw new KernelImageException("firmware: the BIOS or a file of tables is empty");
        }
    }
}
