// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.plan;

import java.util.concurrent.Callable;
import org.xenjava.toolstack.cli.command.GuestFile;
import org.xenjava.toolstack.cli.command.JsonOption;
import org.xenjava.toolstack.cli.command.ReadOnly;
import org.xenjava.toolstack.cli.command.Session;
import org.xenjava.toolstack.config.DomainConfig;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        description = {
            "Print the plan of a create: every number with its unit.",
            "Reads the kernel and the ramdisk, and replaces them if they are not on this machine. Does not open Xen."
        })
final class DryRunCommand implements ReadOnly, Callable<Integer> {
    private final Session session;

    @Mixin
    private final GuestFile guest = new GuestFile();

    @Mixin
    private final JsonOption json = new JsonOption();

    @Option(
            names = "--libxl",
            description = "print the configuration as xl -N create does, in libxl's JSON, and no plan")
    private boolean libxl;

    DryRunCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        DomainConfig config = guest.read(session);
        if (libxl) {
            return DryRun.asLibxl(config, session);
        }
        return json.chosen() ? DryRun.asJson(config, session) : DryRun.asText(config, session);
    }
}
