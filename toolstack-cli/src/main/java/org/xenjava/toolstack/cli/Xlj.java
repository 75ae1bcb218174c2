// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import org.xenjava.toolstack.ToolstackOptions;
import org.xenjava.toolstack.cli.command.DryRunnable;
import org.xenjava.toolstack.cli.command.ExitStatus;
import org.xenjava.toolstack.cli.command.ReadOnly;
import org.xenjava.toolstack.cli.command.Session;
import org.xenjava.toolstack.cli.output.Console;
import org.xenjava.toolstack.trace.Recorder;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.RunLast;
import picocli.CommandLine.ScopeType;

/** The program and its global options. */
@Command(
        name = "xlj",
        versionProvider = Version.class,
        description = "Builds and runs PVH, HVM and PV guests on Xen, with xl's commands and configuration files.",
        synopsisSubcommandLabel = "COMMAND",
        commandListHeading = "%nCommands:%n",
        exitCodeListHeading = "%nExit status (pod-check has its own):%n",
        exitCodeList = {
            "0:done",
            "1:failed; the reason is on standard error",
            "2:the arguments are wrong, or there is no such command"
        })
public final class Xlj {
    /** The longest time for an orderly end after a thread has failed. */
    private static final Duration LAST_RESORT = Duration.ofSeconds(10);

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            scope = ScopeType.INHERIT,
            description = "print this help")
    private boolean help;

    @Option(names = "--version", versionHelp = true, description = "print the version")
    private boolean version;

    @Option(names = "-v", description = "log the changes of domains")
    private boolean verbose;

    @Option(names = "-f", description = "accepted as xl does, without effect: no other toolstack is looked for")
    private boolean force;

    @Option(
            names = "-N",
            description = "dry run: commands that change something are parsed only; create prints libxl's JSON")
    private boolean dryRun;

    @Option(names = "-t", description = "show progress although standard error is not a terminal")
    private boolean progress;

    @Option(names = "-T", description = "put date, time and process ID before each line of the log")
    private boolean times;

    @Option(
            names = "--debug",
            scope = ScopeType.INHERIT,
            description = "log everything, and print stack traces of failures")
    private boolean debug;

    @Option(
            names = "--record",
            paramLabel = "FILE",
            description =
                    "record all calls to Xen and xenstored, and their answers, in FILE; compressed if it ends in .gz")
    private Optional<Path> record = Optional.empty();

    private Xlj() {}

    public static void main(String[] args) {
        Session session = Session.ofProcess();
        System.setErr(Console.escapedError());
        Thread.setDefaultUncaughtExceptionHandler((thread, e) -> {
            haltAfter(LAST_RESORT);
            new Failures(session, () -> true).handleEndOf(thread, e);
            System.exit(ExitStatus.FAILED);
        });
        System.exit(run(session, args));
    }

    /** Halts the process after a time, because its orderly end may wait for the thread that has failed. */
    private static void haltAfter(Duration time) {
        Thread thread = new Thread(
                () -> {
                    try {
                        Thread.sleep(time.toMillis());
                    } catch (InterruptedException e) {
                        // Nothing is left to wait for.
                    }
                    Runtime.getRuntime().halt(ExitStatus.FAILED);
                },
                "last resort");
        thread.setDaemon(true);
        thread.start();
    }

    /** Runs one command; the result is the exit status. */
    static int run(Session session, String... args) {
        Xlj xlj = new Xlj();
        Failures failures = new Failures(session, () -> xlj.debug);
        CommandLine commandLine = new CommandLine(xlj);
        Session configured = session.opening(options -> session.host().open(xlj.configure(options, args)));
        Commands.addTo(commandLine, configured, args);
        commandLine
                .registerConverter(Path.class, session.caller()::path)
                .setOut(session.console().helpWriter())
                .setParameterExceptionHandler(failures)
                .setExecutionExceptionHandler(failures)
                .setExecutionStrategy(parsed -> xlj.execute(session, parsed));
        try {
            return commandLine.execute(args);
        } catch (Error e) {
            return failures.handleError(e);
        }
    }

    private int execute(Session session, ParseResult parsed) {
        Logging.configure(verbose, debug);
        if (times) {
            Logging.showTimes();
        }
        if (progress) {
            session.console().showProgressAnywhere();
        }
        CommandLine last =
                parsed.asCommandLineList().get(parsed.asCommandLineList().size() - 1);
        Object command = last.getCommand();
        if (command instanceof BatchCommand && record.isPresent()) {
            throw new ParameterException(last, "--record records one command, and no batch");
        }
        if (!dryRun || command instanceof ReadOnly || CommandLine.printHelpIfRequested(parsed)) {
            return new RunLast().execute(parsed);
        }
        if (command instanceof DryRunnable planned) {
            return planned.dryRun();
        }
        session.complain("dry run: " + last.getCommandName() + " was not executed");
        return ExitStatus.OK;
    }

    private ToolstackOptions configure(ToolstackOptions options, String... args) {
        record.ifPresent(file -> {
            Recorder recorder = new Recorder(String.join(" ", args), Clock.systemUTC());
            options.tap(libraries -> recorder.wrap(libraries, file));
        });
        return options;
    }
}
