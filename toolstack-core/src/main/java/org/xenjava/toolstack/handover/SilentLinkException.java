// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.handover;

import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The other end was silent for longer than a limit. A further link would not help. */
final class SilentLinkException extends IOException {
    private static final long serialVersionUID = 1L;

    SilentLinkException(Duration time, @Nullable IOException cause) {
        super("the other end did nothing for " + time.toSeconds() + " s", cause);
    }
}
