// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.processor;

import java.util.Optional;
import java.util.OptionalInt;
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
            "Print or set weights, caps and parameters of the scheduler credit.",
            "Unlike xl, the command fails if the pool or the domain has another scheduler."
        })
final class SchedCreditCommand extends HostCommand {
    @Mixin
    private final SchedulerTable table = new SchedulerTable();

    @Option(
            names = {"-t", "--tslice_ms"},
            paramLabel = "MS",
            description = "time slice in ms, 1 to 1000")
    private Optional<Integer> slice = Optional.empty();

    @Option(
            names = {"-r", "--ratelimit_us"},
            paramLabel = "US",
            description = "shortest time for which a vCPU runs, in µs; 0 for no limit")
    private Optional<Integer> rateLimit = Optional.empty();

    @Option(
            names = {"-m", "--migration_delay_us"},
            paramLabel = "US",
            description = "time for which a vCPU is not moved to another CPU, in µs")
    private Optional<Integer> delay = Optional.empty();

    SchedCreditCommand(Session session) {
        super(session);
    }

    @Override
    protected int run(Toolstack toolstack) {
        return table.run(toolstack, session, Scheduler.CREDIT, new Wanted(), SchedCreditCommand::line);
    }

    private static String line(SchedulerParameters parameters) {
        return "tslice=" + number(parameters.timeSliceMs()) + "ms ratelimit=" + parameters.rateLimitUs()
                + "us migration-delay=" + number(parameters.migrationDelayUs()) + "us";
    }

    private static int number(OptionalInt value) {
        return value.orElseThrow();
    }

    private final class Wanted implements SchedulerTable.Change {
        @Override
        public boolean isWanted() {
            return slice.isPresent() || rateLimit.isPresent() || delay.isPresent();
        }

        @Override
        public SchedulerParameters apply(SchedulerParameters present) {
            return present.withTimeSlice(slice.orElse(number(present.timeSliceMs())))
                    .withRateLimit(rateLimit.orElse(present.rateLimitUs()))
                    .withMigrationDelay(delay.orElse(number(present.migrationDelayUs())));
        }
    }
}
