// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.domain;

import java.io.IOException;
import java.util.Set;
import java.util.concurrent.Callable;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.cli.command.BackedBootOption;
import org.xenjava.toolstack.cli.command.DryRunnable;
import org.xenjava.toolstack.cli.command.ExitStatus;
import org.xenjava.toolstack.cli.command.GuestFile;
import org.xenjava.toolstack.cli.command.Session;
import org.xenjava.toolstack.cli.command.VncViewer;
import org.xenjava.toolstack.cli.memory.GuardReport;
import org.xenjava.toolstack.cli.output.Console;
import org.xenjava.toolstack.cli.output.Verbosity;
import org.xenjava.toolstack.cli.plan.DryRun;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.libxl.LibxlConfig;
import org.xenjava.toolstack.error.ToolstackException;
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
            "The command guards a populate-on-demand guest until its balloon driver has finished and no load in the guest"
                    + " can crash it (XSA-153). Ctrl-C leaves the guest running.",
            "-F or xlj supervise act on on_poweroff, on_reboot and so on. Without them a guest that has shut down stays"
                    + " until it is destroyed."
        },
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "0:the guest runs, or is paused with -p",
            "1:the build failed and was undone; or the guest crashed; or Ctrl-C left it unguarded",
            "2:the arguments are wrong",
            "3:the guest runs, but its balloon driver stopped short and the host cannot cover that: load may crash the guest"
        })
final class CreateCommand implements DryRunnable, Callable<Integer> {
    private final Session session;

    @Mixin
    private final GuestFile guest = new GuestFile();

    @Option(names = "-p", description = "leave the guest paused")
    private boolean paused;

    @Option(names = "-c", description = "attach to the guest's console")
    private boolean console;

    @Option(
            names = "-F",
            description =
                    "stay in the foreground and act on on_poweroff, on_reboot and so on, until the guest ends for good")
    private boolean foreground;

    @Option(names = "-v", description = "print a line for each step of the build")
    private boolean verbose;

    @Option(
            names = {"-n", "--dryrun"},
            description = "print the configuration in libxl's JSON only, as xl does; dry-run prints the plan")
    private boolean dryRun;

    @Option(
            names = {"-q", "--quiet"},
            description = "print neither progress nor warnings about the file")
    private boolean quiet;

    @Option(names = "-d", description = "print the configuration in libxl's JSON on standard error before the build")
    private boolean dump;

    @Option(
            names = "-e",
            description = "accepted as xl does, without effect: no process waits in the background unless -F is given")
    private boolean noWaiting;

    @Option(
            names = {"-V", "--vncviewer"},
            description = "start vncviewer on the guest's screen; it continues when this command ends")
    private boolean viewer;

    @Option(
            names = {"-A", "--vncviewer-autopass"},
            description = "with -V: pass the password of the configuration to the viewer")
    private boolean autopass;

    @Option(names = "--no-guard", description = "do not guard a populate-on-demand guest")
    private boolean noGuard;

    @Mixin
    private final BackedBootOption backedBoot = new BackedBootOption();

    CreateCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (console || foreground || viewer) {
            session.caller().requireThisProcess();
        }
        DomainConfig config = quiet ? guest.readQuietly(session) : guest.read(session);
        if (dryRun) {
            return DryRun.asLibxl(config, session);
        }
        if (dump) {
            LibxlConfig.of(config.located()).dryRunText().lines().forEach(session.console()::note);
        }
        try (Toolstack toolstack = session.open(backedBoot.policy())) {
            return start(toolstack, build(toolstack, config));
        }
    }

    @Override
    public int dryRun() {
        return DryRun.asLibxl(quiet ? guest.readQuietly(session) : guest.read(session), session);
    }

    private Domain build(Toolstack toolstack, DomainConfig config) {
        try (BuildProgress progress = new BuildProgress(session.console(), verbosity())) {
            return InterruptibleBuild.run(session, cancellation -> toolstack.create(config, progress, cancellation));
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
        if (viewer) {
            showScreen(domain);
        }
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

    /** Starts a viewer. A guest without a screen, or a host without a viewer, is no reason to leave the guest paused. */
    private void showScreen(Domain domain) throws IOException {
        try {
            VncViewer.of(domain)
                    .start(
                            domain,
                            autopass ? VncViewer.Password.OF_CONFIGURATION : VncViewer.Password.TYPED,
                            session.console());
        } catch (ToolstackException e) {
            session.complain(e.getMessage());
        }
    }

    /** The guard follows the guest through all restarts. */
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

    /** Opens the console first: otherwise the first output of the guest could be lost on a full buffer. */
    private void unpause(Domain domain) throws IOException, InterruptedException {
        Runnable go = paused ? () -> {} : domain::unpause;
        if (console) {
            ConsoleCommand.attach(domain, session, go);
        } else {
            go.run();
        }
    }
}
