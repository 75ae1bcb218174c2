// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli;

import java.util.concurrent.Callable;
import org.xenjava.toolstack.Toolstack;

/** A command that works on an open host. */
abstract class HostCommand implements Callable<Integer> {
    final Session session;

    HostCommand(Session session) {
        this.session = session;
    }

    @Override
    public final Integer call() throws Exception {
        try (Toolstack toolstack = session.open()) {
            return run(toolstack);
        }
    }

    /** Does the work; the result is the exit status. */
    abstract int run(Toolstack toolstack) throws Exception;
}
