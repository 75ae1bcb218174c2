// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.host;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.cli.command.ExitStatus;
import org.xenjava.toolstack.cli.command.HostCommand;
import org.xenjava.toolstack.cli.command.ReadOnly;
import org.xenjava.toolstack.cli.command.Session;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(description = "Print for how long domains have been running. Domains whose start is not known are left out.")
final class UptimeCommand extends HostCommand implements ReadOnly {
    private static final Path UPTIME_OF_DOM0 = Path.of("/proc/uptime");
    private static final String HEADER = "Name                                ID Uptime";

    @Option(
            names = {"-s", "--short"},
            description = "print the time of day, the uptime without seconds, name and domid")
    private boolean brief;

    @Parameters(paramLabel = "DOMAIN", description = "print these domains only: domids, names or UUIDs")
    private List<String> domains = List.of();

    UptimeCommand(Session session) {
        super(session);
    }

    @Override
    protected int run(Toolstack toolstack) {
        List<Domain> asked = domains.isEmpty()
                ? toolstack.domains()
                : domains.stream().map(toolstack::resolve).toList();
        if (!brief) {
            session.print(HEADER);
        }
        Instant now = Clock.systemDefaultZone().instant();
        for (Domain domain : asked) {
            uptime(domain, now)
                    .ifPresent(time -> session.print(
                            brief
                                    ? briefLine(
                                            LocalTime.ofInstant(now, ZoneId.systemDefault()),
                                            time,
                                            domain.name(),
                                            domain.domid())
                                    : line(time, domain.name(), domain.domid())));
        }
        return ExitStatus.OK;
    }

    private static Optional<Duration> uptime(Domain domain, Instant now) {
        if (domain.domid() == 0) {
            return Optional.of(uptimeOfDom0());
        }
        return domain.startTime().map(start -> Duration.between(start, now)).filter(time -> !time.isNegative());
    }

    private static Duration uptimeOfDom0() {
        try {
            return Duration.ofSeconds(
                    Long.parseLong(Files.readString(UPTIME_OF_DOM0).split("\\.")[0]));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static String line(Duration time, String name, int domid) {
        return String.format(
                Locale.ROOT,
                "%-33s %4d %s%2d:%02d:%02d",
                name,
                domid,
                days(time),
                time.toHoursPart(),
                time.toMinutesPart(),
                time.toSecondsPart());
    }

    static String briefLine(LocalTime now, Duration time, String name, int domid) {
        return String.format(
                Locale.ROOT,
                " %s up %s%2d:%02d, %s (%d)",
                now.format(DateTimeFormatter.ofPattern("HH:mm:ss", Locale.ROOT)),
                days(time),
                time.toHoursPart(),
                time.toMinutesPart(),
                name,
                domid);
    }

    private static String days(Duration time) {
        return time.toDays() == 0 ? "" : time.toDays() + (time.toDays() == 1 ? " day, " : " days, ");
    }
}
