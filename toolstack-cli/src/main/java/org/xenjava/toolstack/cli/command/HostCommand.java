// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.command;

import java.util.concurrent.Callable;
import org.xenjava.toolstack.Toolstack;

/** A command that works on an open host. */
public abstract class HostCommand implements Callable<Integer> {
    protected final Session session;

    protected HostCommand(Session session) {
        this.session = session;
    }

    @Override
    public final Integer call() throws Exception {
        try (Toolstack toolstack = session.open()) {
            return run(toolstack);
        }
    }

    /** Runs the command and returns its exit status. */
    protected abstract int run(Toolstack toolstack) throws Exception;
}
