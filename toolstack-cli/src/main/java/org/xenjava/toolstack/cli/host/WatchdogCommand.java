// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.host;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jline.utils.Signals;
import org.xenjava.toolstack.ArmedWatchdog;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.cli.command.ExitStatus;
import org.xenjava.toolstack.cli.command.HostCommand;
import org.xenjava.toolstack.cli.command.Session;
import org.xenjava.toolstack.cli.command.SignalShutdown;
import org.xenjava.toolstack.cli.command.Sleeper;
import org.xenjava.toolstack.error.ConfigException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        description = {
            "Let Xen reboot this host if dom0 hangs: arm Xen's watchdog and renew it until the command ends.",
            "SIGUSR1 ends the command and stops the watchdog. Ctrl-C, SIGTERM and SIGHUP end the command and leave dom0"
                    + " 300 seconds to shut down before Xen reboots the host. If the command ends in any other way, such"
                    + " as by SIGKILL, Xen reboots the host when the timeout has passed."
        })
final class WatchdogCommand extends HostCommand {
    /** The time that xenwatchdogd leaves to a shutdown. */
    private static final Duration SHUTDOWN = Duration.ofSeconds(300);

    @Option(
            names = "--take-over",
            description = "renew timers that another process has started, which has ended without stopping them")
    private boolean takeOver;

    @Option(names = "--disarm", description = "stop the watchdog, whoever has started it; takes no TIMEOUT")
    private boolean disarm;

    @Parameters(
            index = "0",
            arity = "0..1",
            paramLabel = "TIMEOUT",
            description = "seconds without a renewal after which Xen reboots the host, at least 2")
    private Optional<Integer> timeout = Optional.empty();

    @Parameters(
            index = "1",
            arity = "0..1",
            paramLabel = "SLEEP",
            description = "seconds between two renewals; half of TIMEOUT by default")
    private Optional<Integer> sleep = Optional.empty();

    WatchdogCommand(Session session) {
        super(session);
    }

    @Override
    protected int run(Toolstack toolstack) {
        if (disarm == timeout.isPresent() || disarm && takeOver) {
            throw new ConfigException("watchdog takes either a TIMEOUT or --disarm");
        }
        if (disarm) {
            toolstack.watchdog().disarm();
            return ExitStatus.OK;
        }
        Duration limit = Duration.ofSeconds(timeout.orElseThrow());
        Duration pause = sleep.map(Duration::ofSeconds).orElse(limit.dividedBy(2));
        if (pause.isZero() || pause.isNegative() || pause.compareTo(limit) >= 0) {
            throw new ConfigException("SLEEP is shorter than TIMEOUT");
        }
        ArmedWatchdog watchdog = takeOver
                ? toolstack.watchdog().takeOver(limit)
                : toolstack.watchdog().arm(limit);
        renew(watchdog, pause);
        return ExitStatus.OK;
    }

    private void renew(ArmedWatchdog watchdog, Duration pause) {
        Sleeper.Stoppable sleeper = session.sleeper().stoppable();
        AtomicBoolean stopWatchdog = new AtomicBoolean();
        Object previous = Signals.register("USR1", () -> {
            stopWatchdog.set(true);
            sleeper.stop();
        });
        try {
            SignalShutdown.run(sleeper::stop, () -> {
                while (sleeper.sleep(pause)) {
                    watchdog.renew();
                }
                if (stopWatchdog.get()) {
                    watchdog.close();
                } else {
                    watchdog.leaveRunning(SHUTDOWN);
                    session.complain("Xen reboots this host in " + SHUTDOWN.toSeconds()
                            + " seconds unless it has shut down or xlj watchdog --disarm is run");
                }
                return watchdog;
            });
        } finally {
            Signals.unregister("USR1", previous);
        }
    }
}
