// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.plan;

import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.xenjava.toolstack.cli.command.ExitStatus;
import org.xenjava.toolstack.cli.command.GuestFile;
import org.xenjava.toolstack.cli.command.JsonOption;
import org.xenjava.toolstack.cli.command.ReadOnly;
import org.xenjava.toolstack.cli.command.Session;
import org.xenjava.toolstack.cli.output.ChartFile;
import org.xenjava.toolstack.cli.output.ChartWriter;
import org.xenjava.toolstack.cli.output.Json;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.rehearsal.AdvisoryRehearsal;
import org.xenjava.toolstack.rehearsal.GuestDriver;
import org.xenjava.toolstack.rehearsal.MigrationRehearsal;
import org.xenjava.toolstack.rehearsal.Rehearsal;
import org.xenjava.toolstack.rehearsal.RehearsedMigration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        description = {
            "Simulate XSA-153: show which balloon drivers crash the guest under each rule, the one before the advisory,"
                    + " libxl's and xlj's. Each guest boots, balloons and fills its memory.",
            "Without FILE the guest is " + RehearseCommand.EXAMPLE + ". Needs neither Xen nor the guest's kernel."
        },
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "0:every guest built by xlj survived whose driver stopped no more than the slack short",
            "1:such a guest crashed or lost memory, or the guest cannot be built",
            "2:the arguments are wrong"
        })
final class RehearseCommand implements ReadOnly, Callable<Integer> {
    static final String EXAMPLE = "examples/pvh-pod.cfg";

    private final Session session;

    @Mixin
    private final GuestFile guest = new GuestFile();

    @Mixin
    private final JsonOption json = new JsonOption();

    @Option(
            names = "--chart",
            paramLabel = "FILE",
            converter = ChartFile.Converter.class,
            description = "draw cache and entries during the boot to an .svg or .png file")
    private Optional<ChartFile> chart = Optional.empty();

    @Option(
            names = "--migrate",
            description = "instead, migrate the guest from one simulated host to another while it writes its memory")
    private boolean migrated;

    RehearseCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        DomainConfig config = guest.readOr(Path.of(EXAMPLE), session);
        return migrated ? migrate(config) : rehearse(config);
    }

    private int migrate(DomainConfig config) {
        RehearsedMigration result = MigrationRehearsal.of(config);
        if (json.chosen()) {
            session.print(Json.pretty(RehearsalJson.of(result)));
        } else {
            session.console().print(RehearsalText.of(result));
        }
        return result.lost() == 0 ? ExitStatus.OK : ExitStatus.FAILED;
    }

    private int rehearse(DomainConfig config) {
        AdvisoryRehearsal rehearsal = AdvisoryRehearsal.of(config);
        Rehearsal shown = rehearsal.run();
        if (json.chosen()) {
            session.print(Json.pretty(RehearsalJson.of(shown)));
        } else {
            RehearsalText.of(shown).forEach(session.console()::print);
        }
        chart.ifPresent(file -> ChartWriter.write(
                () -> new BootChart(
                        rehearsal.drivers(GuestDriver.olderLinux(config.type())).record()),
                file));
        return exitStatus(shown);
    }

    static int exitStatus(Rehearsal shown) {
        boolean kept = shown.terms().stream().filter(RehearsalText::isOurs).allMatch(shown::keepsItsPromise);
        return kept ? ExitStatus.OK : ExitStatus.FAILED;
    }
}
