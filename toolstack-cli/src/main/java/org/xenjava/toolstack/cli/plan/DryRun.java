// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.plan;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.xenjava.toolstack.cli.command.ExitStatus;
import org.xenjava.toolstack.cli.command.Session;
import org.xenjava.toolstack.cli.output.Json;
import org.xenjava.toolstack.cli.output.JsonText;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.libxl.LibxlConfig;
import org.xenjava.toolstack.create.CreatePlan;
import org.xenjava.toolstack.memory.PodPolicy;
import org.xenjava.toolstack.rehearsal.SubstituteFiles;
import org.xenjava.toolstack.sim.SimulatedXen;

/** Prints the plan of a create. A kernel that is not on this machine is replaced, with a message. */
public final class DryRun {
    private DryRun() {}

    /** Prints the plan as text and returns the exit status. */
    static int asText(DomainConfig config, Session session) {
        PlanText.of(config, plan(config, session)).forEach(session::print);
        return ExitStatus.OK;
    }

    /** Prints the configuration as {@code xl -N create} does and returns the exit status. */
    public static int asLibxl(DomainConfig config, Session session) {
        session.print(new JsonText(LibxlConfig.of(config.located()).dryRunText().stripTrailing()));
        return ExitStatus.OK;
    }

    /** Prints the plan as JSON and returns the exit status. */
    static int asJson(DomainConfig config, Session session) {
        session.print(Json.pretty(PlanJson.of(config, plan(config, session))));
        return ExitStatus.OK;
    }

    private static CreatePlan plan(DomainConfig config, Session session) {
        try (SubstituteFiles files = SubstituteFiles.of(config)) {
            if (!files.missing().isEmpty()) {
                session.complain("not on this machine: " + names(files.missing())
                        + "; the plan is for a kernel that halts, and create would fail");
            }
            return CreatePlan.of(
                    files.guest(),
                    PodPolicy.standard(),
                    SimulatedXen.create().host().firmware());
        }
    }

    private static String names(List<Path> files) {
        return files.stream().map(Path::toString).collect(Collectors.joining(" and "));
    }
}
