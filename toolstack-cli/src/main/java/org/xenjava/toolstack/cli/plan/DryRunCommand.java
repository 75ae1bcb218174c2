// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.plan;

import java.util.concurrent.Callable;
import org.xenjava.toolstack.cli.command.ExitStatus;
import org.xenjava.toolstack.cli.command.GuestFile;
import org.xenjava.toolstack.cli.command.JsonOption;
import org.xenjava.toolstack.cli.command.Session;
import org.xenjava.toolstack.cli.output.Json;
import org.xenjava.toolstack.create.CreatePlan;
import org.xenjava.toolstack.memory.PodPolicy;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
        description = {
            "Print what create would build: every number, with its unit.",
            "The kernel and the ramdisk are read; Xen is not even opened."
        })
final class DryRunCommand implements Callable<Integer> {
    private final Session session;

    @Mixin
    private final GuestFile guest = new GuestFile();

    @Mixin
    private final JsonOption json = new JsonOption();

    DryRunCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        CreatePlan plan = CreatePlan.of(guest.read(session), PodPolicy.standard());
        if (json.chosen()) {
            session.print(Json.pretty(PlanJson.of(plan)));
        } else {
            PlanText.of(plan).forEach(session::print);
        }
        return ExitStatus.OK;
    }
}
