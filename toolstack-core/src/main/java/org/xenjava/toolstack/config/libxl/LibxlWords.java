// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config.libxl;

import org.xenjava.toolstack.config.DiskConfig;
import org.xenjava.toolstack.config.GraphicsConfig.Vga;
import org.xenjava.toolstack.config.LifecycleAction;
import org.xenjava.toolstack.config.NicConfig;

/** The words of libxl's enumerations where they are not the words of xl.cfg. */
final class LibxlWords {
    private LibxlWords() {}

    static String action(LifecycleAction action) {
        return action == LifecycleAction.RENAME_RESTART
                ? "restart_rename"
                : action.word().replace('-', '_');
    }

    static String nic(NicConfig.Type type) {
        return switch (type) {
            case IOEMU -> "vif_ioemu";
            case VIF -> "vif";
        };
    }

    static String vga(Vga vga) {
        return switch (vga) {
            case STDVGA -> "std";
            case NONE, CIRRUS, QXL -> vga.word();
        };
    }

    /** The formats, of which libxl has one for a drive without a medium. */
    enum Format {
        RAW,
        QCOW2,
        EMPTY;

        static Format of(DiskConfig disk) {
            if (disk.isEmptyDrive()) {
                return EMPTY;
            }
            return disk.format() == DiskConfig.Format.QCOW2 ? QCOW2 : RAW;
        }

        String word() {
            return switch (this) {
                case RAW -> "raw";
                case QCOW2 -> "qcow2";
                case EMPTY -> "empty";
            };
        }
    }
}
