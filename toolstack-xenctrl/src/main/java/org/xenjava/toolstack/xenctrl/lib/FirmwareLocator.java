// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib;

import java.nio.file.Path;
import java.util.Optional;

/**
 * Finds the programs with which HVM guests start. If a file is missing, the message of the failure names all places.
 */
public interface FirmwareLocator {
    /**
     * Finds hvmloader, or the program that takes its place.
     *
     * @param named {@code firmware_override}; a relative path is relative to Xen's directory of firmware
     * @param release the running Xen's release, such as {@code 4.17}
     * @return the path of the file
     */
    Path loader(Optional<Path> named, String release);

    /**
     * Finds the BIOS that hvmloader copies into the guest.
     *
     * @param kind {@code seabios} or {@code ovmf}
     * @param named {@code bios_path_override}
     * @param release the running Xen's release, such as {@code 4.17}
     * @return the path of the file
     */
    Path bios(String kind, Optional<Path> named, String release);
}
