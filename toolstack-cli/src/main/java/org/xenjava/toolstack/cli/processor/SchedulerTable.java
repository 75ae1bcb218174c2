// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.processor;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.cli.command.ExitStatus;
import org.xenjava.toolstack.cli.command.Session;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.error.DomainStateException;
import org.xenjava.toolstack.processor.CpuPool;
import org.xenjava.toolstack.processor.CpuShare;
import org.xenjava.toolstack.processor.SchedulerParameters;
import org.xenjava.toolstack.xenctrl.units.Scheduler;
import picocli.CommandLine.Option;

/** The options and tables that sched-credit and sched-credit2 have in common. */
final class SchedulerTable {
    private static final String HEADER = "Name                                ID Weight  Cap";

    @Option(
            names = {"-d", "--domain"},
            paramLabel = "DOMAIN",
            description = "print or set the share of this domain: domid, name or UUID")
    private Optional<String> domain = Optional.empty();

    @Option(
            names = {"-w", "--weight"},
            paramLabel = "N",
            description = "share in relation to other domains, 1 to 65535")
    private Optional<Integer> weight = Optional.empty();

    @Option(
            names = {"-c", "--cap"},
            paramLabel = "N",
            description = "limit in percent of one CPU; 0 for none")
    private Optional<Integer> cap = Optional.empty();

    @Option(
            names = {"-p", "--cpupool"},
            paramLabel = "POOL",
            description = "name or number of a pool; all by default, and pool 0 when parameters are set")
    private Optional<String> pool = Optional.empty();

    @Option(
            names = {"-s", "--schedparam"},
            description = "print or set the parameters of pools only")
    private boolean parameters;

    /** Changes parameters as the options of the command say. */
    interface Change {
        boolean isWanted();

        SchedulerParameters apply(SchedulerParameters present);
    }

    /** Writes the parameters of a pool as xl does. */
    interface Line {
        String of(SchedulerParameters parameters);
    }

    int run(Toolstack toolstack, Session session, Scheduler scheduler, Change change, Line line) {
        boolean shareIsSet = weight.isPresent() || cap.isPresent();
        if (domain.isPresent() && (parameters || pool.isPresent())
                || shareIsSet && domain.isEmpty()
                || change.isWanted() && !parameters) {
            throw new ConfigException("these options do not go together: -w and -c need -d, parameters need -s, and -d"
                    + " excludes -s and -p");
        }
        if (domain.isPresent()) {
            Domain found = toolstack.resolve(domain.get());
            require(found, scheduler);
            if (shareIsSet) {
                CpuShare share = found.processors().share();
                found.processors().setShare(new CpuShare(weight.orElse(share.weight()), cap.orElse(share.cap())));
            } else {
                session.print(HEADER);
                session.print(line(found));
            }
        } else if (change.isWanted()) {
            CpuPool target = toolstack.cpuPools().resolve(pool.orElse("0"));
            requireScheduler(target, scheduler);
            toolstack
                    .cpuPools()
                    .setParameters(target, change.apply(toolstack.cpuPools().parameters(target)));
        } else {
            print(toolstack, session, scheduler, line);
        }
        return ExitStatus.OK;
    }

    private void print(Toolstack toolstack, Session session, Scheduler scheduler, Line line) {
        for (CpuPool one : pools(toolstack, scheduler)) {
            session.print("Cpupool " + one.name() + ": "
                    + line.of(toolstack.cpuPools().parameters(one)));
            if (!parameters) {
                session.print(HEADER);
                toolstack.domains().stream()
                        .filter(found -> found.processors().pool().id() == one.id())
                        .forEach(found -> session.print(line(found)));
            }
        }
    }

    private List<CpuPool> pools(Toolstack toolstack, Scheduler scheduler) {
        if (pool.isPresent()) {
            CpuPool chosen = toolstack.cpuPools().resolve(pool.get());
            requireScheduler(chosen, scheduler);
            return List.of(chosen);
        }
        Stream<CpuPool> all = toolstack.cpuPools().list().stream();
        return all.filter(one -> one.scheduler().equals(Optional.of(scheduler))).toList();
    }

    private static void require(Domain found, Scheduler scheduler) {
        requireScheduler(found.processors().pool(), scheduler);
    }

    private static void requireScheduler(CpuPool pool, Scheduler scheduler) {
        if (!pool.scheduler().equals(Optional.of(scheduler))) {
            throw new DomainStateException("the scheduler of " + pool + " is "
                    + pool.scheduler().map(Scheduler::word).orElse("unknown") + ", not " + scheduler.word());
        }
    }

    private static String line(Domain domain) {
        CpuShare share = domain.processors().share();
        return String.format(
                Locale.ROOT, "%-33s %4d %6d %4d", domain.name(), domain.domid(), share.weight(), share.cap());
    }
}
