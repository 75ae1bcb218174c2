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
import org.xenjava.toolstack.rehearsal.Rehearsal;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        description = {
            "Show on an embedded Xen who dies of XSA-153: the guest is built by the rule before the advisory, by libxl's"
                    + " and by xlj's, with each balloon driver that it may have, and fills its memory.",
            "Without a FILE it is " + RehearseCommand.EXAMPLE + ". Needs neither Xen nor the guest's kernel."
        },
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "0:no guest died that xlj built and whose driver stopped short by no more than the slack",
            "1:one did, or the guest cannot be built",
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
            description = "draw cache and entries over the boot, to an .svg or .png file")
    private Optional<ChartFile> chart = Optional.empty();

    RehearseCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        DomainConfig config = guest.readOr(Path.of(EXAMPLE), session);
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
