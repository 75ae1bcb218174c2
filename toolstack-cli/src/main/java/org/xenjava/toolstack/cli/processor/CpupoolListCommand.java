// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.processor;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.cli.command.ExitStatus;
import org.xenjava.toolstack.cli.command.HostCommand;
import org.xenjava.toolstack.cli.command.ReadOnly;
import org.xenjava.toolstack.cli.command.Session;
import org.xenjava.toolstack.processor.CpuPool;
import org.xenjava.toolstack.xenctrl.units.Scheduler;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(description = "List the pools of CPUs.")
final class CpupoolListCommand extends HostCommand implements ReadOnly {
    @Option(
            names = {"-c", "--cpus"},
            description = "list the CPUs of each pool")
    private boolean cpus;

    @Parameters(index = "0", arity = "0..1", paramLabel = "POOL", description = "name or number of one pool")
    private Optional<String> pool = Optional.empty();

    CpupoolListCommand(Session session) {
        super(session);
    }

    @Override
    protected int run(Toolstack toolstack) {
        List<CpuPool> pools = pool.map(one -> List.of(toolstack.cpuPools().resolve(one)))
                .orElseGet(() -> toolstack.cpuPools().list());
        session.print(
                cpus ? "Name               CPU list" : "Name               CPUs   Sched     Active   Domain count");
        pools.forEach(one -> session.print(cpus ? cpuLine(one) : line(one)));
        return ExitStatus.OK;
    }

    private static String line(CpuPool pool) {
        return String.format(
                Locale.ROOT,
                "%-19s%3d %9s       y       %4d",
                pool.name(),
                pool.cpus().size(),
                pool.scheduler().map(Scheduler::word).orElse("unknown"),
                pool.domains());
    }

    private static String cpuLine(CpuPool pool) {
        String list = pool.cpus().cpus().mapToObj(Integer::toString).collect(Collectors.joining(","));
        return String.format(Locale.ROOT, "%-19s%s", pool.name(), list);
    }
}
