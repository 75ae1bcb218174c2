// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.domain;

import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.xenctrl.units.Pages;
import picocli.CommandLine.Option;

/** The option of commands that read all memory of a guest. */
final class CoverOption {
    @Option(
            names = "--cover",
            description = "first lend a populate-on-demand guest the pages that it still has to free")
    private boolean cover;

    /** Lends the guest the pages, if that was asked for. */
    void apply(Domain domain) {
        if (cover) {
            Pages debt = Pages.of(Math.max(0, domain.pod().status().debtPages()));
            domain.pod().cover(domain.pod().lent().plus(debt));
        }
    }
}
