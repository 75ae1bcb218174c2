// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Function;
import org.xenjava.toolstack.cli.command.ExitStatus;
import org.xenjava.toolstack.cli.command.JsonOption;
import org.xenjava.toolstack.cli.command.Session;
import org.xenjava.toolstack.cli.command.SignalShutdown;
import org.xenjava.toolstack.cli.command.Sleeper;
import org.xenjava.toolstack.cli.output.Json;
import org.xenjava.toolstack.config.HotplugPolicy;
import org.xenjava.toolstack.driverdomain.DriverDomain;
import org.xenjava.toolstack.driverdomain.DriverDomainEvent;
import org.xenjava.toolstack.driverdomain.DriverDomainOptions;
import org.xenjava.toolstack.error.DomainFileException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        description = {
            "Serve the disks and network cards of other domains from this domain, a driver domain: connect each device that"
                    + " names this domain as its backend, and disconnect and remove it when it is detached.",
            "The command stays in the foreground. Ctrl-C and SIGTERM end it in order; devices stay connected, and the next"
                    + " devd adopts them."
        })
final class DevdCommand implements Callable<Integer> {
    private static final Duration BETWEEN_LOOKS = Duration.ofSeconds(1);

    @Option(names = "-F", description = "stay in the foreground; without effect, because the command always does")
    private boolean foreground;

    @Option(
            names = {"-p", "--pidfile"},
            paramLabel = "FILE",
            description = "write the process ID to this file once devices are served, and remove the file at the end")
    private Optional<Path> pidFile = Optional.empty();

    @Mixin
    private final JsonOption json = new JsonOption();

    private final Session session;
    private final Function<DriverDomainOptions, DriverDomain> opener;

    DevdCommand(Session session) {
        this(session, DriverDomainOptions::open);
    }

    /** @param opener opens the driver domain */
    DevdCommand(Session session, Function<DriverDomainOptions, DriverDomain> opener) {
        this.session = session;
        this.opener = opener;
    }

    @Override
    public Integer call() {
        DriverDomainOptions options =
                DriverDomain.options().hotplugScripts(HotplugPolicy.RUN).listener(this::tell);
        Sleeper.Stoppable pauses = session.sleeper().stoppable();
        // The server is closed, and its scripts are ended, before the process ends.
        return SignalShutdown.run(pauses::stop, () -> {
            try (DriverDomain server = opener.apply(options)) {
                return serve(server, pauses);
            }
        });
    }

    private int serve(DriverDomain server, Sleeper.Stoppable pauses) {
        if (!json.chosen()) {
            session.print("serving devices of other domains from domain " + server.domid());
        }
        pidFile.ifPresent(file -> write(file, ProcessHandle.current().pid() + System.lineSeparator()));
        try {
            while (!server.ended().isDone() && pauses.sleep(BETWEEN_LOOKS)) {
                // The server's threads do the work.
            }
        } finally {
            pidFile.ifPresent(DevdCommand::remove);
        }
        if (server.ended().isCompletedExceptionally()) {
            session.complain("the device server has ended, because xenstored did not answer or because of an error;"
                    + " devices stay connected. Run the command again");
            return ExitStatus.FAILED;
        }
        return ExitStatus.OK;
    }

    private static void write(Path file, String text) {
        try {
            Files.writeString(file, text);
        } catch (IOException e) {
            throw new DomainFileException("the process ID cannot be written to " + file + ": " + e, e);
        }
    }

    private static void remove(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new DomainFileException("the file of the process ID, " + file + ", cannot be removed: " + e, e);
        }
    }

    private void tell(DriverDomainEvent event) {
        if (json.chosen()) {
            session.print(Json.line(event));
        } else {
            session.print(event.toString());
        }
    }
}
