// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create;

import org.xenjava.toolstack.config.HvmConfig.Firmware;
import org.xenjava.toolstack.error.KernelImageException;
import org.xenjava.toolstack.image.HvmFirmware;
import org.xenjava.toolstack.imagefile.ImageFiles;

/** Where the programs come from that HVM guests start with. */
public interface FirmwareSource {
    /**
     * Reads a guest's firmware.
     *
     * @param images reads the files
     * @throws KernelImageException if there is none, or a file cannot be read or is malformed
     */
    HvmFirmware read(Firmware wanted, ImageFiles images);

    /** For machines on which nothing runs: programs that do nothing, unless the configuration names others. */
    static FirmwareSource none() {
        return new StandInFirmware();
    }
}
