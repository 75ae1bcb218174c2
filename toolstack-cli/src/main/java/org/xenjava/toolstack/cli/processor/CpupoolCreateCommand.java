// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.processor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.xenjava.toolstack.CpuPools;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.cli.command.DryRunnable;
import org.xenjava.toolstack.cli.command.ExitStatus;
import org.xenjava.toolstack.cli.command.Session;
import org.xenjava.toolstack.config.xl.XlPoolReader;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.processor.CpuList;
import org.xenjava.toolstack.processor.CpuPool;
import org.xenjava.toolstack.processor.CpuPoolConfig;
import org.xenjava.toolstack.xenctrl.units.CpuSet;
import org.xenjava.toolstack.xenctrl.units.Scheduler;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        description = {
            "Create a pool of CPUs that are in no pool; cpupool-cpu-remove takes them out of one.",
            "The keys of xlcpupool.cfg(5) are name, sched (that of pool 0 by default), and cpus or nodes."
        })
final class CpupoolCreateCommand implements Callable<Integer>, DryRunnable {
    @Parameters(
            paramLabel = "FILE|KEY=VALUE",
            description = "an xlcpupool.cfg(5) file, and lines that override it or take its place")
    private List<String> arguments = List.of();

    @Option(
            names = {"-f", "--defconfig"},
            paramLabel = "FILE",
            description = "the file, if its path contains a =")
    private Optional<Path> file = Optional.empty();

    @Option(
            names = {"-n", "--dryrun"},
            description = "print the pool, and do not create it")
    private boolean dryRun;

    private final Session session;

    CpupoolCreateCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        return run(dryRun);
    }

    @Override
    public int dryRun() {
        return run(true);
    }

    private int run(boolean planOnly) {
        List<String> lines = new ArrayList<>();
        List<Path> files = new ArrayList<>(file.stream().toList());
        arguments.forEach(argument -> {
            if (argument.contains("=")) {
                lines.add(argument);
            } else {
                files.add(session.caller().path(argument));
            }
        });
        if (files.size() > 1 || files.isEmpty() && lines.isEmpty()) {
            throw new ConfigException("a pool is described by one file, by KEY=VALUE, or by both");
        }
        String source = files.isEmpty() ? "command line" : files.get(0).toString();
        files.stream().findFirst().ifPresent(one -> lines.add(0, read(one)));
        CpuPoolConfig config = XlPoolReader.parse(String.join("\n", lines), source);
        String name = config.name().isEmpty() ? nameOf(files) : config.name();
        try (Toolstack toolstack = session.open()) {
            CpuPools pools = toolstack.cpuPools();
            CpuSet cpus = config.cpus().map(list -> existing(pools, list)).orElse(CpuSet.NONE);
            Optional<Scheduler> scheduler =
                    config.scheduler().or(() -> pools.resolve("0").scheduler());
            if (!planOnly) {
                CpuPool pool = pools.create(name, scheduler, cpus);
                scheduler = pool.scheduler();
            }
            session.print("Using config file \"" + source + "\"");
            session.print("cpupool name:   " + name);
            session.print("scheduler:      " + scheduler.map(Scheduler::word).orElse("unknown"));
            session.print("number of cpus: " + cpus.size());
        }
        return ExitStatus.OK;
    }

    private static CpuSet existing(CpuPools pools, CpuList list) {
        CpuSet cpus = pools.cpus(list);
        if (cpus.isEmpty()) {
            throw new ConfigException("the host has none of the CPUs " + list);
        }
        return cpus;
    }

    /** xl takes the name of the file. */
    private static String nameOf(List<Path> files) {
        if (files.isEmpty()) {
            throw new ConfigException("the pool needs a name");
        }
        return files.get(0).getFileName().toString();
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (NoSuchFileException e) {
            throw new ConfigException(file + ": no such file", e);
        } catch (IOException e) {
            throw new ConfigException(file + ": cannot be read: " + e.getMessage(), e);
        }
    }
}
