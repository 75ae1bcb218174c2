// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.processor;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.DomainProcessors;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.cli.command.ExitStatus;
import org.xenjava.toolstack.cli.command.HostCommand;
import org.xenjava.toolstack.cli.command.Session;
import org.xenjava.toolstack.cli.command.Sleeper;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.processor.VcpuStatus;
import org.xenjava.toolstack.processor.VcpuStatus.State;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        description = {
            "Set the number of vCPUs that a guest has online. A PVH or PV guest is asked; QEMU adds vCPUs to an HVM guest.",
            "Unlike xl, the command fails if the vCPUs of an HVM guest are to become fewer, because QEMU cannot remove"
                    + " any. The guest's user space has to bring new vCPUs online; udev usually has a rule for it."
        })
final class VcpuSetCommand extends HostCommand {
    private static final Duration POLL = Duration.ofMillis(250);

    @Option(
            names = {"-i", "--ignore-host"},
            description = "allow more vCPUs than the host has CPUs")
    private boolean ignoreHost;

    @Option(
            names = "--wait",
            paramLabel = "SECONDS",
            description = "wait until the guest has that many vCPUs online; fail with 1 after this time")
    private Optional<Integer> wait = Optional.empty();

    @Parameters(index = "0", paramLabel = "DOMAIN", description = "domid, name or UUID")
    private String domain = "";

    @Parameters(index = "1", paramLabel = "COUNT", description = "number of vCPUs, at most maxvcpus")
    private int count;

    VcpuSetCommand(Session session) {
        super(session);
    }

    @Override
    protected int run(Toolstack toolstack) {
        Domain found = toolstack.resolve(domain);
        DomainProcessors processors = found.processors();
        int cpus = toolstack.cpuPools().cpus();
        if (!ignoreHost && count > cpus && count > online(processors)) {
            throw new ConfigException(
                    "the host has " + cpus + " CPUs, fewer than " + count + " vCPUs; -i allows more vCPUs than CPUs");
        }
        processors.setOnline(count);
        return wait.isEmpty() || reaches(processors, Duration.ofSeconds(wait.get())) ? ExitStatus.OK : late(processors);
    }

    private static long online(DomainProcessors processors) {
        return processors.vcpus().stream()
                .map(VcpuStatus::state)
                .filter(state -> state != State.OFFLINE)
                .count();
    }

    private boolean reaches(DomainProcessors processors, Duration limit) {
        Sleeper.Stoppable sleeper = session.sleeper().stoppable();
        Instant end = sleeper.now().plus(limit);
        while (online(processors) != count) {
            if (!sleeper.now().isBefore(end) || !sleeper.sleep(POLL)) {
                return false;
            }
        }
        return true;
    }

    private int late(DomainProcessors processors) {
        session.complain("the guest has " + online(processors) + " vCPUs online after " + wait.orElseThrow()
                + " seconds, not " + count);
        return ExitStatus.FAILED;
    }
}
