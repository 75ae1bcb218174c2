// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.host;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.xenjava.toolstack.HostStatus;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.cli.command.ExitStatus;
import org.xenjava.toolstack.cli.command.HostCommand;
import org.xenjava.toolstack.cli.command.JsonOption;
import org.xenjava.toolstack.cli.command.ReadOnly;
import org.xenjava.toolstack.cli.command.Session;
import org.xenjava.toolstack.cli.output.Json;
import org.xenjava.toolstack.host.HostDetails;
import org.xenjava.toolstack.host.HostTopology;
import org.xenjava.toolstack.xenctrl.units.Pages;
import org.xenjava.toolstack.xenctrl.units.Scheduler;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(description = "Describe the host and its Xen. Memory is in MiB, in JSON in pages of 4 KiB.")
final class InfoCommand extends HostCommand implements ReadOnly {
    @Parameters(
            arity = "0..1",
            paramLabel = "KEY",
            description = "print the values of the keys that begin so; without -n")
    private Optional<String> key = Optional.empty();

    @Option(
            names = {"-n", "--numa"},
            description = "describe the places of CPUs, devices and memory as well")
    private boolean numa;

    @Mixin
    private final JsonOption json = new JsonOption();

    @Spec
    private CommandSpec spec = CommandSpec.create();

    InfoCommand(Session session) {
        super(session);
    }

    @Override
    protected int run(Toolstack toolstack) throws IOException {
        if (json.chosen()) {
            session.print(Json.pretty(Document.of(
                    toolstack.host(),
                    toolstack.details(),
                    numa ? Optional.of(toolstack.topology()) : Optional.empty())));
            return ExitStatus.OK;
        }
        HostLines lines = HostLines.of(KernelName.ofDom0(), toolstack.host(), toolstack.details());
        if (key.isPresent() && !numa) {
            valuesOf(key.get(), lines.values()).forEach(session::print);
        } else {
            lines.text(numa ? TopologyLines.of(toolstack.topology()) : List.of())
                    .forEach(session::print);
        }
        return ExitStatus.OK;
    }

    private List<String> valuesOf(String start, Map<String, String> lines) {
        List<String> values = lines.entrySet().stream()
                .filter(line -> line.getKey().startsWith(start))
                .map(Map.Entry::getValue)
                .toList();
        if (values.isEmpty()) {
            throw new ParameterException(
                    spec.commandLine(),
                    "no such key: '" + start + "'; the keys are " + String.join(", ", lines.keySet()));
        }
        return values;
    }

    /** The host as JSON. */
    private record Document(
            int nrCpus,
            int cpuKhz,
            Pages totalPages,
            Pages freePages,
            Pages claimedPages,
            String xenVersion,
            int maxCpuId,
            int coresPerSocket,
            int threadsPerCore,
            List<Integer> hwCaps,
            List<String> virtCaps,
            Pages sharingFreedPages,
            Pages sharingUsedPages,
            List<Integer> freeCpus,
            Optional<String> scheduler,
            String capabilities,
            String commandLine,
            String changeSet,
            String compiler,
            String compileDate,
            String buildId,
            Optional<HostTopology> topology) {
        static Document of(HostStatus host, HostDetails details, Optional<HostTopology> topology) {
            return new Document(
                    host.cpus(),
                    host.cpuKhz(),
                    host.totalMemory(),
                    host.freeMemory(),
                    host.claimedMemory(),
                    host.xenVersion(),
                    details.maxCpuId(),
                    details.coresPerSocket(),
                    details.threadsPerCore(),
                    details.cpuFeatures(),
                    details.virtualization(),
                    details.freedBySharing(),
                    details.shared(),
                    details.freeCpus().cpus().boxed().toList(),
                    details.scheduler().map(Scheduler::word),
                    details.hypervisor().capabilities(),
                    details.hypervisor().commandLine(),
                    details.hypervisor().changeSet(),
                    details.hypervisor().compiler(),
                    details.hypervisor().compileDate(),
                    details.hypervisor().buildId(),
                    topology);
        }
    }
}
