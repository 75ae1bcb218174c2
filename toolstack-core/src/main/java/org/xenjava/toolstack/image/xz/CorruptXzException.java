// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image.xz;

import java.io.IOException;

/** The data are damaged: no encoder writes them. */
final class CorruptXzException extends IOException {
    private static final long serialVersionUID = 1;

    CorruptXzException(String message) {
        super(message);
    }
}
