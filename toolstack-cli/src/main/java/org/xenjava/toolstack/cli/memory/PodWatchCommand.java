// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.memory;

import com.google.gson.JsonObject;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.PodReport;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.cli.command.ExitStatus;
import org.xenjava.toolstack.cli.command.HostCommand;
import org.xenjava.toolstack.cli.command.JsonOption;
import org.xenjava.toolstack.cli.command.PodNumbers;
import org.xenjava.toolstack.cli.command.ReadOnly;
import org.xenjava.toolstack.cli.command.Session;
import org.xenjava.toolstack.cli.command.SignalShutdown;
import org.xenjava.toolstack.cli.command.Sleeper;
import org.xenjava.toolstack.cli.output.ChartFile;
import org.xenjava.toolstack.cli.output.ChartWriter;
import org.xenjava.toolstack.cli.output.Json;
import org.xenjava.toolstack.cli.output.Words;
import org.xenjava.toolstack.error.DomainGoneException;
import org.xenjava.toolstack.error.DomainStateException;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        description =
                "Show a guest's populate-on-demand cache and entries as they change, until the guest is settled or has stopped.",
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "0:every entry has its page, or Ctrl-C ended it",
            "1:the guest stopped before that",
            "2:the arguments are wrong"
        })
final class PodWatchCommand extends HostCommand implements ReadOnly {
    @Parameters(index = "0", paramLabel = "DOMAIN", description = "domid, name or UUID")
    private String name = "";

    @Option(
            names = "--interval",
            paramLabel = "SECONDS",
            defaultValue = "1",
            description = "time between two readings; ${DEFAULT-VALUE} by default")
    private int intervalSeconds;

    @Option(
            names = "--chart",
            paramLabel = "FILE",
            converter = ChartFile.Converter.class,
            description = "at the end, draw the readings to an .svg or .png file")
    private Optional<ChartFile> chart = Optional.empty();

    @Mixin
    private final JsonOption json = new JsonOption();

    @Spec
    private CommandSpec spec = CommandSpec.create();

    private final List<WatchSample> samples = new ArrayList<>();

    PodWatchCommand(Session session) {
        super(session);
    }

    /** The end of the command. */
    private record End(int status, String word, String reason) {}

    @Override
    protected int run(Toolstack toolstack) {
        if (intervalSeconds < 1) {
            throw new ParameterException(spec.commandLine(), "--interval is 1 or more seconds");
        }
        Domain domain = toolstack.resolve(name);
        Sleeper.Stoppable pauses = session.sleeper().stoppable();
        return SignalShutdown.run(pauses::stop, () -> {
            String title = Words.domain(domain.domid(), domain.name());
            End end = watch(domain, pauses);
            conclude(title, end);
            return end.status();
        });
    }

    private End watch(Domain domain, Sleeper.Stoppable pauses) {
        Instant start = pauses.now();
        while (true) {
            try {
                PodReport report = domain.pod().report();
                WatchSample sample = sample(Duration.between(start, pauses.now()), report);
                show(sample);
                if (report.domain().shutdownReason().isPresent()) {
                    return dead(domain, report);
                }
                if (sample.pod().debtPages() <= 0) {
                    return new End(ExitStatus.OK, "settled", "every entry has its page");
                }
            } catch (DomainGoneException e) {
                return new End(ExitStatus.FAILED, "gone", "the domain was destroyed");
            }
            if (!pauses.sleep(Duration.ofSeconds(intervalSeconds))) {
                return new End(ExitStatus.OK, "stopped", "the guest runs on");
            }
        }
    }

    private static WatchSample sample(Duration time, PodReport report) {
        return new WatchSample(
                time,
                report.counters()
                        .orElseThrow(() -> new DomainStateException("domain "
                                + report.domain().domid() + ": PV domains and dom0 have no populate-on-demand")),
                report.told().map(KiB::toPages));
    }

    private static End dead(Domain domain, PodReport report) {
        String reason = Words.of(report.domain().shutdownReason().orElseThrow());
        List<String> messages = domain.console().xenMessages();
        String lastWords = messages.stream()
                .filter(line -> line.contains("out of PoD memory"))
                .reduce((first, last) -> last)
                .map(line -> "; Xen's message: " + line)
                .orElse("");
        return new End(ExitStatus.FAILED, reason, "the guest has stopped (" + reason + ")" + lastWords);
    }

    private void show(WatchSample sample) {
        int count = samples.size();
        boolean same = count > 0 && samples.get(count - 1).showsTheSameAs(sample);
        if (count > 1 && same && samples.get(count - 2).showsTheSameAs(sample)) {
            // Only the two ends of a straight line are kept.
            samples.remove(count - 1);
        }
        samples.add(sample);
        if (json.chosen()) {
            session.print(Json.line(document(sample)));
        } else if (session.console().canRedraw()) {
            session.console().redraw(WatchPlot.of(samples));
        } else if (!same) {
            session.print(String.format(Locale.ROOT, "%7.1f s  %s", sample.seconds(), WatchPlot.numbers(sample)));
        }
    }

    private void conclude(String title, End end) {
        if (json.chosen()) {
            record Last(String end, String reason) {}
            session.print(Json.line(new Last(end.word(), end.reason())));
        } else {
            session.print(title + ": " + end.word() + ": " + end.reason());
        }
        if (!samples.isEmpty()) {
            chart.ifPresent(file -> ChartWriter.write(
                    () -> end.status() == ExitStatus.OK
                            ? WatchChart.ofSurvivor(title + ": " + end.word(), samples)
                            : WatchChart.ofVictim(title + ": " + end.word(), samples),
                    file));
        }
    }

    private static JsonObject document(WatchSample sample) {
        record When(double seconds) {}
        record Aim(Optional<Pages> toldPages) {}
        return Json.join(new When(sample.seconds()), PodNumbers.of(sample.pod()), new Aim(sample.told()));
    }
}
