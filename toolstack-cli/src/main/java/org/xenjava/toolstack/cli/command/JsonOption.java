// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.command;

import picocli.CommandLine.Option;

/** {@code --json}. */
public final class JsonOption {
    @Option(names = "--json", description = "print JSON")
    private boolean chosen;

    public boolean chosen() {
        return chosen;
    }
}
