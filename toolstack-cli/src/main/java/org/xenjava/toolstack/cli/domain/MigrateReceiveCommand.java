// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.domain;

import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.cli.command.ExitStatus;
import org.xenjava.toolstack.cli.command.HostCommand;
import org.xenjava.toolstack.cli.command.Session;
import org.xenjava.toolstack.cli.output.Console;
import org.xenjava.toolstack.cli.output.Verbosity;
import org.xenjava.toolstack.migrate.MigrationLink;
import org.xenjava.toolstack.migrate.ReceivedStart;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "migrate-receive",
        description = {
            "Receive a guest from xlj migrate or xl migrate, by standard input and output.",
            "xlj migrate starts this command on the other host. If it fails, the guest runs on where it was."
        })
final class MigrateReceiveCommand extends HostCommand {
    @Option(names = "-p", description = "leave the guest paused")
    private boolean paused;

    @Option(names = "-e", description = "no effect: no process stays behind in any case")
    private boolean unwatched;

    MigrateReceiveCommand(Session session) {
        super(session);
    }

    @Override
    protected int run(Toolstack toolstack) {
        try (BuildProgress progress = new BuildProgress(session.console(), Verbosity.TROUBLES)) {
            InterruptibleBuild.run(
                    session,
                    cancellation -> toolstack.receive(
                            new StandardStreams(session.console()),
                            paused ? ReceivedStart.PAUSED : ReceivedStart.RUNNING,
                            progress,
                            cancellation));
        }
        return ExitStatus.OK;
    }

    /** Standard input and output of this process. */
    private static final class StandardStreams implements MigrationLink {
        private final ReadableByteChannel in;
        private final WritableByteChannel out;

        private StandardStreams(Console console) {
            this.in = Channels.newChannel(console.in());
            this.out = new StreamChannel(console.guestOutput());
        }

        @Override
        public ReadableByteChannel in() {
            return in;
        }

        @Override
        public WritableByteChannel out() {
            return out;
        }

        @Override
        public void close() throws IOException {
            in.close();
        }
    }
}
