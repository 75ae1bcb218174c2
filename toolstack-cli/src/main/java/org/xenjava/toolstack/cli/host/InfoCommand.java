// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.host;

import java.util.LinkedHashMap;
import java.util.Locale;
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
import org.xenjava.toolstack.xenctrl.units.Pages;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Prints the host with xl's keys and units for memory and CPUs. */
@Command(description = "Print CPUs, memory and version of the host. Memory is in MiB, in JSON in pages of 4 KiB.")
final class InfoCommand extends HostCommand implements ReadOnly {
    @Parameters(arity = "0..1", paramLabel = "KEY", description = "print the value of this key only")
    private Optional<String> key = Optional.empty();

    @Mixin
    private final JsonOption json = new JsonOption();

    @Spec
    private CommandSpec spec = CommandSpec.create();

    InfoCommand(Session session) {
        super(session);
    }

    @Override
    protected int run(Toolstack toolstack) {
        HostStatus host = toolstack.host();
        if (json.chosen()) {
            session.print(Json.pretty(Document.of(host)));
            return ExitStatus.OK;
        }
        Map<String, String> lines = lines(host);
        if (key.isEmpty()) {
            lines.forEach((name, value) -> session.print(String.format("%-23s: %s", name, value)));
        } else {
            session.print(key.map(lines::get)
                    .orElseThrow(() -> new ParameterException(
                            spec.commandLine(),
                            "no such key: '" + key.get() + "'; the keys are " + String.join(", ", lines.keySet()))));
        }
        return ExitStatus.OK;
    }

    private static Map<String, String> lines(HostStatus host) {
        Map<String, String> lines = new LinkedHashMap<>();
        lines.put("nr_cpus", Integer.toString(host.cpus()));
        lines.put("cpu_mhz", String.format(Locale.ROOT, "%d.%03d", host.cpuKhz() / 1000, host.cpuKhz() % 1000));
        lines.put("total_memory", Long.toString(host.totalMemory().toKiB().toMiB()));
        // As in xl, claimed memory is not free.
        lines.put(
                "free_memory",
                Long.toString(
                        host.freeMemory().minus(host.claimedMemory()).toKiB().toMiB()));
        lines.put(
                "outstanding_claims", Long.toString(host.claimedMemory().toKiB().toMiB()));
        lines.put("xen_version", host.xenVersion());
        return lines;
    }

    /** The host as JSON. */
    private record Document(
            int nrCpus, int cpuKhz, Pages totalPages, Pages freePages, Pages claimedPages, String xenVersion) {
        static Document of(HostStatus host) {
            return new Document(
                    host.cpus(),
                    host.cpuKhz(),
                    host.totalMemory(),
                    host.freeMemory(),
                    host.claimedMemory(),
                    host.xenVersion());
        }
    }
}
