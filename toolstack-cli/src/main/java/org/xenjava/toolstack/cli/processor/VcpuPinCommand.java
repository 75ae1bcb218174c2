// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.processor;

import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.DomainProcessors;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.cli.command.ExitStatus;
import org.xenjava.toolstack.cli.command.HostCommand;
import org.xenjava.toolstack.cli.command.Session;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.processor.CpuList;
import org.xenjava.toolstack.processor.VcpuAffinity;
import org.xenjava.toolstack.xenctrl.units.CpuSet;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        description = {
            "Set the physical CPUs on which vCPUs may run (HARD) and should run (SOFT).",
            "CPUs are all, or a list such as 0-3,^2,node:1; - leaves them as they are. Unlike xl, the command fails if"
                    + " one of several vCPUs cannot be pinned."
        })
final class VcpuPinCommand extends HostCommand {
    private static final String ALL = "all";
    private static final String UNCHANGED = "-";

    @Option(
            names = {"-f", "--force"},
            description = "pin the vCPU although the guest has pinned it to a CPU for the moment")
    private boolean force;

    @Option(
            names = {"-i", "--ignore-global-affinity-masks"},
            description = "accepted as xl does, without effect: masks in xl.conf are not read")
    private boolean ignoreMasks;

    @Parameters(index = "0", paramLabel = "DOMAIN", description = "domid, name or UUID")
    private String domain = "";

    @Parameters(index = "1", paramLabel = "VCPU", description = "number of a vCPU, or all")
    private String vcpu = "";

    @Parameters(index = "2", paramLabel = "HARD", description = "CPUs on which it may run")
    private String hard = "";

    @Parameters(index = "3", arity = "0..1", paramLabel = "SOFT", description = "CPUs on which it should run")
    private String soft = UNCHANGED;

    VcpuPinCommand(Session session) {
        super(session);
    }

    @Override
    protected int run(Toolstack toolstack) {
        Domain found = toolstack.resolve(domain);
        DomainProcessors processors = found.processors();
        if (force && vcpu.equals(ALL)) {
            throw new ConfigException("-f pins one vCPU, not all");
        }
        Optional<CpuSet> hardCpus = cpus(toolstack, "hard", hard);
        Optional<CpuSet> softCpus = soft.equals(UNCHANGED) ? Optional.empty() : Optional.of(any(toolstack, soft));
        for (int number : numbers(processors)) {
            VcpuAffinity effective = force
                    ? processors.forcePin(number, hardCpus, softCpus)
                    : processors.pin(number, hardCpus, softCpus);
            if (softCpus.isPresent() && effective.soft().isEmpty()) {
                session.complain("no CPU of the soft affinity of vCPU " + number
                        + " can be reached; only the hard affinity counts");
            }
        }
        return ExitStatus.OK;
    }

    private List<Integer> numbers(DomainProcessors processors) {
        if (vcpu.equals(ALL)) {
            return IntStream.range(0, processors.vcpus().size()).boxed().toList();
        }
        if (!vcpu.matches("\\d{1,5}")) {
            throw new ConfigException("'" + vcpu + "' is neither the number of a vCPU nor all");
        }
        return List.of(Integer.parseInt(vcpu));
    }

    private static Optional<CpuSet> cpus(Toolstack toolstack, String kind, String text) {
        if (text.equals(UNCHANGED)) {
            return Optional.empty();
        }
        CpuSet cpus = any(toolstack, text);
        if (cpus.isEmpty()) {
            throw new ConfigException("the " + kind + " affinity '" + text + "' has no CPU of this host");
        }
        return Optional.of(cpus);
    }

    private static CpuSet any(Toolstack toolstack, String text) {
        return toolstack.cpuPools().cpus(CpuList.parse(text));
    }
}
