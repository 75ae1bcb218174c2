// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.command;

/** The command must run in a process of its own. It has had no effect, and nothing is reported. */
public final class OwnProcessNeededException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public OwnProcessNeededException() {
        super("the command needs a process of its own");
    }
}
