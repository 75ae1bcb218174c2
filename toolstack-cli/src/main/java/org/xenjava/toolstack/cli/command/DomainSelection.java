// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.command;

import java.util.Optional;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** One domain or all of them; picocli requires exactly one of the two. */
public final class DomainSelection {
    @Option(
            names = {"-a", "--all"},
            required = true,
            description = "every guest")
    private boolean all;

    @Parameters(paramLabel = "DOMAIN", description = "domid, name or UUID")
    private Optional<String> domain = Optional.empty();

    /** Empty for all. */
    public Optional<String> domain() {
        return domain;
    }
}
