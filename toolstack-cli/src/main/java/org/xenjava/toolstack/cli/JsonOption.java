// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli;

import picocli.CommandLine.Option;

/** {@code --json}. */
final class JsonOption {
    @Option(names = "--json", description = "print JSON")
    private boolean chosen;

    boolean chosen() {
        return chosen;
    }
}
