// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.domain;

import java.io.IOException;
import java.util.Set;
import java.util.concurrent.Callable;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.cli.command.DryRunnable;
import org.xenjava.toolstack.cli.command.ExitStatus;
import org.xenjava.toolstack.cli.command.GuestFile;
import org.xenjava.toolstack.cli.command.Session;
import org.xenjava.toolstack.cli.memory.GuardReport;
import org.xenjava.toolstack.cli.output.Console;
import org.xenjava.toolstack.cli.output.Verbosity;
import org.xenjava.toolstack.cli.plan.DryRun;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.lifecycle.SupervisionListener;
import org.xenjava.toolstack.lifecycle.SupervisionPolicy;
import org.xenjava.toolstack.pod.GuardListener;
import org.xenjava.toolstack.pod.GuardPolicy;
import org.xenjava.toolstack.pod.GuardScope;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        description = {
            "Build a domain from an xl.cfg(5) file and start it.",
            "A populate-on-demand guest is guarded until its balloon driver is done: the command ends when no load inside"
                    + " can crash it (XSA-153); Ctrl-C leaves it running.",
            "What its on_poweroff, on_reboot and so on say is done by -F or by xlj supervise; with neither it stays when it"
                    + " has shut down, until it is destroyed."
        },
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "0:it runs, or is paused as asked",
            "1:it could not be built, and nothing is left of it; or it has crashed, or Ctrl-C left it unguarded",
            "2:the arguments are wrong",
            "3:it runs, but its balloon driver has stopped short and the host cannot cover that: load inside may crash it"
        })
final class CreateCommand implements DryRunnable, Callable<Integer> {
    private final Session session;

    @Mixin
    private final GuestFile guest = new GuestFile();

    @Option(names = "-p", description = "leave it paused")
    private boolean paused;

    @Option(names = "-c", description = "attach to its console")
    private boolean console;

    @Option(
            names = "-F",
            description =
                    "stay in the foreground and do what its on_poweroff, on_reboot and so on say, until it is gone for"
                            + " good")
    private boolean foreground;

    @Option(names = "-v", description = "one line per step of the build")
    private boolean verbose;

    @Option(
            names = {"-n", "--dryrun"},
            description = "only tell what would be built, as dry-run does")
    private boolean dryRun;

    @Option(
            names = {"-q", "--quiet"},
            description = "no progress, no warnings about the file")
    private boolean quiet;

    @Option(
            names = "--no-guard",
            description = "do not stay until a populate-on-demand guest has ballooned, nor help it if it cannot")
    private boolean noGuard;

    CreateCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        DomainConfig config = quiet ? guest.readQuietly() : guest.read(session);
        if (dryRun) {
            return DryRun.asText(config, session);
        }
        try (Toolstack toolstack = session.open()) {
            return start(toolstack, build(toolstack, config));
        }
    }

    @Override
    public int dryRun() {
        return DryRun.asText(quiet ? guest.readQuietly() : guest.read(session), session);
    }

    private Domain build(Toolstack toolstack, DomainConfig config) {
        try (BuildProgress progress = new BuildProgress(session.console(), verbosity())) {
            return InterruptibleBuild.run(cancellation -> toolstack.create(config, progress, cancellation));
        }
    }

    private Verbosity verbosity() {
        if (quiet) {
            return Verbosity.QUIET;
        }
        if (verbose) {
            return Verbosity.LINES;
        }
        return session.console().isTerminal(Console.Stream.ERR) ? Verbosity.ONE_LINE : Verbosity.TROUBLES;
    }

    private int start(Toolstack toolstack, Domain domain) throws IOException, InterruptedException {
        if (foreground) {
            return live(toolstack, domain);
        }
        CreateGuardSession guard = new CreateGuardSession(session, toolstack, domain, verbosity());
        if (paused || noGuard || !guard.isNeeded()) {
            unpause(domain);
            return ExitStatus.OK;
        }
        guard.during(() -> unpause(domain));
        return guard.stay();
    }

    /** A guard comes along through all restarts. */
    private int live(Toolstack toolstack, Domain domain) {
        if (!noGuard) {
            GuardListener troubles = event -> {
                if (GuardReport.isTrouble(event)) {
                    session.complain(GuardReport.line(event));
                }
            };
            toolstack.guard(GuardPolicy.standard(), GuardScope.of(Set.of(domain.uuid())), troubles);
        }
        SupervisionListener listener =
                quiet ? SupervisionListener.NONE : event -> session.console().note(event.toString());
        ForegroundSupervisor supervision = new ForegroundSupervisor(session, toolstack, listener);
        return supervision.of(domain, SupervisionPolicy.standard(), paused ? () -> {} : domain::unpause);
    }

    /** The console is opened first, or the guest's first words would be lost on a full buffer. */
    private void unpause(Domain domain) throws IOException, InterruptedException {
        Runnable go = paused ? () -> {} : domain::unpause;
        if (console) {
            ConsoleSession.attach(domain.consoleTerminal(ConsoleCommand.PATIENCE), session.console(), go);
        } else {
            go.run();
        }
    }
}
