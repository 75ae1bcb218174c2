// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image;

import java.util.Optional;

/**
 * The programs that run before an HVM guest's own system, and their tables.
 *
 * @param loader runs first
 * @param bios is started by the loader
 * @param acpiTables the loader adds them to its own
 * @param smbiosTables the loader adds them to its own
 */
public record HvmFirmware(
        HvmLoader loader, DataImage bios, Optional<DataImage> acpiTables, Optional<DataImage> smbiosTables) {}
