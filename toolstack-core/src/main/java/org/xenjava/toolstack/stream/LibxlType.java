// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.stream;

import java.util.Arrays;
import java.util.Optional;

/** The record types of libxl's stream. */
enum LibxlType {
    END(0),
    LIBXC_CONTEXT(1),
    EMULATOR_XENSTORE_DATA(2),
    EMULATOR_CONTEXT(3),
    CHECKPOINT_END(4),
    CHECKPOINT_STATE(5);

    private final int number;

    LibxlType(int number) {
        this.number = number;
    }

    static Optional<LibxlType> of(int number) {
        return Arrays.stream(values()).filter(type -> type.number == number).findAny();
    }

    int number() {
        return number;
    }
}
