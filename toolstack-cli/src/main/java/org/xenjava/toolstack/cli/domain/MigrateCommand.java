// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.domain;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Pattern;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.DomainMigration;
import org.xenjava.toolstack.cli.command.DomainCommand;
import org.xenjava.toolstack.cli.command.GuestFile;
import org.xenjava.toolstack.cli.command.Session;
import org.xenjava.toolstack.cli.output.Console;
import org.xenjava.toolstack.migrate.MigrationLimits;
import org.xenjava.toolstack.migrate.MigrationPace;
import org.xenjava.toolstack.migrate.MigrationProtocol;
import org.xenjava.toolstack.progress.MigrationListener;
import org.xenjava.toolstack.progress.MigrationProgress;
import org.xenjava.toolstack.progress.MigrationRates;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "migrate",
        description = {
            "Copy a running guest to another host, and let it run on there.",
            "The receiver is xlj's or xl's migrate-receive. If the migration fails or Ctrl-C ends it while memory is copied,"
                    + " the guest runs on here. A guest whose receiver is silent after the hand-over stays suspended as"
                    + " NAME--migratedaway; the same command with that name asks the other host again, and --take-back ends the migration.",
            "--debug behind migrate also sends all memory a second time when the guest is suspended, as xl does: the receiver"
                    + " compares it with what has arrived, and prints the differences and the guest's configuration."
        })
final class MigrateCommand extends DomainCommand {
    private static final int ALL_PERCENT = 100;
    private static final int MIB_SHIFT = 20;
    private static final double MILLIS = 1000;
    private static final int LONGEST_RECONNECT = 3600;

    /** A shell reads the name, and ssh must not take it for an option. */
    private static final Pattern HOST_NAME = Pattern.compile("[A-Za-z0-9_.:@%\\[\\]][A-Za-z0-9_.:@%\\[\\]-]*");

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Parameters(index = "1", paramLabel = "HOST", description = "the other host")
    private String host = "";

    @Option(
            names = "-s",
            paramLabel = "SSH",
            defaultValue = "ssh",
            description = "the command that reaches HOST; with -s '' HOST is the whole command line of the receiver")
    private String ssh = "";

    @Option(
            names = "--receiver",
            paramLabel = "PROGRAM",
            defaultValue = "xlj",
            description = "the command of the toolstack on HOST: xlj or xl")
    private String receiver = "";

    @Option(names = "-p", description = "leave the guest paused on the other host")
    private boolean paused;

    @Option(names = "-e", description = "with an xl on HOST: leave no process there that acts when the guest stops")
    private boolean unwatched;

    @Option(names = "-F", description = "as -e: xl passes both on as -e")
    private boolean foreground;

    @Option(
            names = "-D",
            description = "keep the number of the domain; a HOST on which a domain has it refuses the guest")
    private boolean keepsDomid;

    @Option(
            names = "-C",
            paramLabel = "FILE",
            description = "send the configuration of FILE, in which the paths of disks and the bridges may differ")
    private Optional<Path> file = Optional.empty();

    @Mixin
    private CoverOption cover = new CoverOption();

    @Option(
            names = "--take-back",
            description = "let NAME--migratedaway run on here, if HOST does not have it; only if it never ran there")
    private boolean takeBack;

    @Option(
            names = "--recipient",
            paramLabel = "NAME",
            description = "the name of the other host that is recorded, and that --take-back compares; HOST by default")
    private String recipient = "";

    @Option(
            names = "--bandwidth",
            paramLabel = "MIB",
            description = "MiB per second that are sent at most while the guest runs")
    private Optional<Long> bandwidth = Optional.empty();

    @Option(
            names = "--downtime",
            paramLabel = "MS",
            description =
                    "milliseconds that the copy of the rest may take at most when the guest is suspended; memory is"
                            + " copied until it takes no longer, and the guest stays if that is never so")
    private Optional<Long> downtime = Optional.empty();

    @Option(
            names = "--auto-converge",
            description =
                    "with --downtime: slow the guest down, by a cap on its vCPUs that is halved after each pass, to 5 %% of a"
                            + " CPU at least, while it writes too much; it has its own cap again afterwards")
    private boolean autoConverge;

    @Option(
            names = "--reconnect",
            paramLabel = "SECONDS",
            defaultValue = "60",
            description =
                    "seconds for which a link that is lost before the hand-over may be replaced, with xlj's own protocol;"
                            + " 60 by default, 0: the migration ends with the link")
    private long reconnect;

    @Option(
            names = "--streams",
            paramLabel = "N",
            defaultValue = "1",
            description =
                    "links that carry pages at once, 1 (default) to 16, with xlj's own protocol: for --compress, and for links"
                            + " slower than the network. Each is a command on HOST and compresses in a thread of its own")
    private int streams;

    @Mixin
    private ProtocolOption protocol = new ProtocolOption();

    private String shown = "";

    MigrateCommand(Session session) {
        super(session);
    }

    private void requireHostName() {
        if (!ssh.isEmpty() && !HOST_NAME.matcher(host).matches()) {
            throw new ParameterException(
                    spec.commandLine(),
                    "'" + host + "' is no name of a host; with -s '' HOST may be a whole command line");
        }
    }

    @Override
    protected String controlDomainRefusal() {
        return "cannot be migrated";
    }

    @Override
    protected void run(Domain domain) {
        requireHostName();
        boolean terminal = session.console().isTerminal(Console.Stream.ERR);
        MigrationListener listener = terminal ? this::show : MigrationListener.NONE;
        if (takeBack) {
            domain.migration().takeBack(target(""), MigrationLimits.STANDARD);
            return;
        }
        MigrationLimits limits = limits();
        MigrationProtocol chosen = protocol.protocol(receiver);
        MigrationPace pace = pace().streams(streams(chosen));
        RemoteHost target = target(receiverOptions());
        DomainMigration migration = migration(domain);
        cover.apply(domain);
        InterruptibleBuild.run(session, cancellation -> {
            migration.using(chosen).migrate(target, limits, pace, listener, cancellation);
            return domain;
        });
        if (terminal) {
            session.console().progress().clear();
        }
    }

    /** Whether --debug is given behind the verb. Before it, the option is one of xlj, for the log. */
    private boolean isCompared() {
        return spec.commandLine().getParseResult().hasMatchedOption("--debug");
    }

    /** The options in the order of xl. */
    private String receiverOptions() {
        return (unwatched || foreground ? " -e" : "") + (isCompared() ? " -d" : "") + (paused ? " -p" : "");
    }

    private DomainMigration migration(Domain domain) {
        DomainMigration migration = domain.migration();
        if (file.isPresent()) {
            migration = migration.sending(GuestFile.read(List.of(file.get().toString()), spec, session));
        }
        if (keepsDomid) {
            migration = migration.keepingDomid();
        }
        return isCompared() ? migration.comparing() : migration;
    }

    private MigrationLimits limits() {
        if (reconnect < 0 || reconnect > LONGEST_RECONNECT) {
            throw new ParameterException(
                    spec.commandLine(), "--reconnect: " + reconnect + " is not between 0 and " + LONGEST_RECONNECT);
        }
        return MigrationLimits.STANDARD.reconnecting(Duration.ofSeconds(reconnect));
    }

    private int streams(MigrationProtocol chosen) {
        if (streams < 1 || streams > MigrationPace.MOST_STREAMS) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--streams: " + streams + " is not between 1 and " + MigrationPace.MOST_STREAMS);
        }
        if (streams > 1 && (chosen == MigrationProtocol.XL || reconnect == 0)) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--streams: several links need xlj's own protocol, and a time to connect again (--reconnect)");
        }
        return streams;
    }

    private MigrationPace pace() {
        requirePositive("--bandwidth", bandwidth);
        requirePositive("--downtime", downtime);
        if (autoConverge && downtime.isEmpty()) {
            throw new ParameterException(spec.commandLine(), "--auto-converge needs --downtime");
        }
        return new MigrationPace(
                bandwidth.map(mib -> OptionalLong.of(mib << MIB_SHIFT)).orElseGet(OptionalLong::empty),
                downtime.map(Duration::ofMillis),
                autoConverge);
    }

    private void requirePositive(String option, Optional<Long> number) {
        number.filter(given -> given <= 0 || given > Integer.MAX_VALUE).ifPresent(given -> {
            throw new ParameterException(
                    spec.commandLine(), option + ": " + given + " is not between 1 and " + Integer.MAX_VALUE);
        });
    }

    private RemoteHost target(String options) {
        return RemoteHost.of(ssh, host, receiver, options).named(recipient);
    }

    private void show(MigrationProgress progress) {
        String text =
                switch (progress.phase()) {
                    case COPYING ->
                        "migrating: pass " + progress.pass() + ", " + percent(progress) + " %"
                                + progress.rates().map(MigrateCommand::rates).orElse("") + cap(progress);
                    case SUSPENDED -> "migrating: suspended, " + percent(progress) + " % of the rest";
                    case COMPARING -> "migrating: suspended, " + percent(progress) + " % sent again for the comparison";
                    case WAITING -> "migrating: the other host attaches the devices";
                    case HANDED_OVER -> "migrating: handed over";
                };
        if (!text.equals(shown)) {
            shown = text;
            session.console().progress().show(text);
        }
    }

    private static String cap(MigrationProgress progress) {
        return progress.cap().isPresent() ? "; slowed down to " + progress.cap().getAsInt() + " % of a CPU" : "";
    }

    private static String rates(MigrationRates rates) {
        return String.format(
                Locale.ROOT,
                "; %d MiB/s, the guest writes %d MiB/s, the rest would take %.1f s",
                rates.sent() >> MIB_SHIFT,
                rates.written() >> MIB_SHIFT,
                rates.rest().toMillis() / MILLIS);
    }

    private static long percent(MigrationProgress progress) {
        return progress.copied().count()
                * ALL_PERCENT
                / Math.max(1, progress.toCopy().count());
    }
}
