// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.processor;

import java.util.Optional;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.cli.command.HostCommand;
import org.xenjava.toolstack.cli.command.Session;
import org.xenjava.toolstack.processor.SchedulerParameters;
import org.xenjava.toolstack.xenctrl.units.Scheduler;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        description = {
            "Print or set weights, caps and parameters of the scheduler credit2, Xen's default.",
            "Unlike xl, the command fails if the pool or the domain has another scheduler."
        })
final class SchedCredit2Command extends HostCommand {
    @Mixin
    private final SchedulerTable table = new SchedulerTable();

    @Option(
            names = {"-r", "--ratelimit_us"},
            paramLabel = "US",
            description = "shortest time for which a vCPU runs, in µs; 0 for no limit")
    private Optional<Integer> rateLimit = Optional.empty();

    SchedCredit2Command(Session session) {
        super(session);
    }

    @Override
    protected int run(Toolstack toolstack) {
        return table.run(
                toolstack,
                session,
                Scheduler.CREDIT2,
                new Wanted(),
                parameters -> "ratelimit=" + parameters.rateLimitUs() + "us");
    }

    private final class Wanted implements SchedulerTable.Change {
        @Override
        public boolean isWanted() {
            return rateLimit.isPresent();
        }

        @Override
        public SchedulerParameters apply(SchedulerParameters present) {
            return present.withRateLimit(rateLimit.orElse(present.rateLimitUs()));
        }
    }
}
