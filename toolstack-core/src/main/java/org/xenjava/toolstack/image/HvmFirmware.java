// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image;

import java.util.Optional;

/**
 * The programs that run before an HVM guest's own system, and their tables.
 *
 * @param loader the first program, hvmloader
 * @param bios the BIOS, which the loader starts
 * @param acpiTables tables that the loader adds to its own
 * @param smbiosTables structures that the loader adds to its own
 */
public record HvmFirmware(
        HvmLoader loader, DataImage bios, Optional<DataImage> acpiTables, Optional<DataImage> smbiosTables) {}
