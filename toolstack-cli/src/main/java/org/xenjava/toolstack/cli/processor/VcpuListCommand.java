// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.processor;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.cli.command.ExitStatus;
import org.xenjava.toolstack.cli.command.HostCommand;
import org.xenjava.toolstack.cli.command.JsonOption;
import org.xenjava.toolstack.cli.command.ReadOnly;
import org.xenjava.toolstack.cli.command.Session;
import org.xenjava.toolstack.cli.output.Json;
import org.xenjava.toolstack.processor.VcpuStatus;
import org.xenjava.toolstack.processor.VcpuStatus.State;
import org.xenjava.toolstack.xenctrl.units.CpuSet;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
        description = {
            "List the vCPUs of domains with the physical CPUs on which they may and should run.",
            "State: r runs, b waits for an event, p is offline."
        })
final class VcpuListCommand extends HostCommand implements ReadOnly {
    private static final String HEADER =
            "Name                                ID  VCPU   CPU State   Time(s) Affinity (Hard / Soft)";
    private static final double NANOS_PER_SECOND = 1e9;

    @Parameters(paramLabel = "DOMAIN", description = "list these domains only: domids, names or UUIDs")
    private List<String> domains = List.of();

    @Mixin
    private final JsonOption json = new JsonOption();

    VcpuListCommand(Session session) {
        super(session);
    }

    /** A row as JSON. */
    record Document(int domid, String name, int vcpu, State state, int cpu, long cpuTimeNs, String hard, String soft) {}

    @Override
    protected int run(Toolstack toolstack) {
        List<Domain> asked = domains.isEmpty()
                ? toolstack.domains()
                : domains.stream().map(toolstack::resolve).toList();
        int cpus = toolstack.cpuPools().cpus();
        List<Document> rows = new ArrayList<>();
        for (Domain domain : asked) {
            String name = domain.name();
            domain.processors().vcpus().forEach(vcpu -> rows.add(document(domain.domid(), name, vcpu, cpus)));
        }
        if (json.chosen()) {
            session.print(Json.pretty(rows));
        } else {
            session.print(HEADER);
            rows.forEach(row -> session.print(line(row)));
        }
        return ExitStatus.OK;
    }

    private static Document document(int domid, String name, VcpuStatus vcpu, int cpus) {
        return new Document(
                domid,
                name,
                vcpu.number(),
                vcpu.state(),
                vcpu.cpu(),
                vcpu.cpuTime().toNanos(),
                words(vcpu.affinity().hard(), cpus),
                words(vcpu.affinity().soft(), cpus));
    }

    private static String words(CpuSet set, int cpus) {
        return CpuSet.firstCpus(cpus).minus(set).isEmpty() ? "all" : set.toString();
    }

    private static String line(Document row) {
        String place = row.state() == State.OFFLINE
                ? "    -   --p"
                : String.format(Locale.ROOT, "%5d   %s", row.cpu(), letters(row.state()));
        return String.format(
                Locale.ROOT,
                "%-32s %5d %5d%s %9.1f  %s / %s",
                row.name(),
                row.domid(),
                row.vcpu(),
                place,
                row.cpuTimeNs() / NANOS_PER_SECOND,
                row.hard(),
                row.soft());
    }

    private static String letters(State state) {
        return switch (state) {
            case RUNNING -> "r--";
            case BLOCKED -> "-b-";
            case IDLE, OFFLINE -> "---";
        };
    }
}
