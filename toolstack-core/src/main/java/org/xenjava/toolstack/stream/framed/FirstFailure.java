// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.stream.framed;

import java.io.IOException;
import java.util.Optional;

/** The first failure of several threads, which another thread throws. The caller synchronizes. */
final class FirstFailure {
    private Optional<Throwable> cause = Optional.empty();

    /** @param next an IOException, a RuntimeException or an Error */
    void set(Throwable next) {
        cause = cause.or(() -> Optional.of(next));
    }

    void clear() {
        cause = Optional.empty();
    }

    boolean isPresent() {
        return cause.isPresent();
    }

    /** Throws the failure, if there is one. */
    void require() throws IOException {
        if (cause.isEmpty()) {
            return;
        }
        if (cause.get() instanceof IOException lost) {
            throw lost;
        }
        if (cause.get() instanceof Error error) {
            throw error;
        }
        throw (RuntimeException) cause.get();
    }
}
