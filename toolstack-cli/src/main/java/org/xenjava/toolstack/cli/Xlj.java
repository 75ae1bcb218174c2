// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli;

import java.nio.file.Path;
import java.time.Clock;
import java.util.Optional;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.cli.command.Session;
import org.xenjava.toolstack.trace.Recorder;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.RunLast;
import picocli.CommandLine.ScopeType;

/** The program and its global options. */
@Command(
        name = "xlj",
        versionProvider = Version.class,
        description = "Builds and runs PVH guests on Xen, with xl's habits.",
        synopsisSubcommandLabel = "COMMAND",
        commandListHeading = "%nCommands:%n",
        exitCodeListHeading = "%nExit status (pod-check has its own):%n",
        exitCodeList = {"0:done", "1:failed; the reason is on standard error", "2:the arguments are wrong"})
public final class Xlj {
    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            scope = ScopeType.INHERIT,
            description = "print this help")
    private boolean help;

    @Option(names = "--version", versionHelp = true, description = "print the version")
    private boolean version;

    @Option(names = "-v", description = "tell what is being done")
    private boolean verbose;

    @Option(names = "--debug", scope = ScopeType.INHERIT, description = "log everything; show where errors come from")
    private boolean debug;

    @Option(
            names = "--record",
            paramLabel = "FILE",
            description = "write all that is said to Xen, and its answers, to a trace; gzip if it ends in .gz")
    private Optional<Path> record = Optional.empty();

    private Xlj() {}

    public static void main(String[] args) {
        System.exit(run(Session.ofProcess(), args));
    }

    /** Runs one command; the result is the exit status. */
    static int run(Session session, String... args) {
        Xlj xlj = new Xlj();
        Failures failures = new Failures(session, () -> xlj.debug);
        CommandLine commandLine = new CommandLine(xlj);
        Session configured = session.opening(options -> session.host().open(xlj.configure(options, args)));
        Commands.addTo(commandLine, configured, args);
        return commandLine
                .setOut(session.console().helpWriter())
                .setParameterExceptionHandler(failures)
                .setExecutionExceptionHandler(failures)
                .setExecutionStrategy(parsed -> {
                    Logging.configure(xlj.verbose, xlj.debug);
                    return new RunLast().execute(parsed);
                })
                .execute(args);
    }

    private Toolstack.Options configure(Toolstack.Options options, String... args) {
        record.ifPresent(file -> options.recordTo(file, new Recorder(String.join(" ", args), Clock.systemUTC())));
        return options;
    }
}
