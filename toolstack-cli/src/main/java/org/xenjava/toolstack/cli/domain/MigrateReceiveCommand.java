// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.domain;

import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.cli.command.ExitStatus;
import org.xenjava.toolstack.cli.command.Session;
import org.xenjava.toolstack.cli.furtherlink.FurtherLinkRelay;
import org.xenjava.toolstack.cli.furtherlink.FurtherLinkSockets;
import org.xenjava.toolstack.cli.output.Console;
import org.xenjava.toolstack.lifecycle.SupervisionPolicy;
import org.xenjava.toolstack.migrate.ChannelLink;
import org.xenjava.toolstack.migrate.MigrationLimits;
import org.xenjava.toolstack.migrate.ReceivedStart;
import org.xenjava.toolstack.progress.CreateListener;
import org.xenjava.toolstack.progress.MemoryComparison;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "migrate-receive",
        description = {
            "Receive a guest from xlj migrate or xl migrate, by standard input and output.",
            "xlj migrate starts this command on the other host. If it fails, the guest runs on where it was."
        })
final class MigrateReceiveCommand implements Callable<Integer> {
    /** The sender's own time is shorter. */
    private static final Duration LONGEST_WAIT = Duration.ofHours(1);

    private final Session session;

    @Option(names = "-p", description = "leave the guest paused")
    private boolean paused;

    @Option(names = "-e", description = "no effect: no process stays in the background in any case")
    private boolean unwatched;

    @Option(
            names = "-F",
            description =
                    "stay in the foreground when the guest runs, and act on on_poweroff, on_reboot and so on, until the"
                            + " guest ends for good")
    private boolean foreground;

    @Option(
            names = "-d",
            description = "print the configuration of the guest in libxl's JSON on standard error before it is built")
    private boolean dump;

    @Option(
            names = "--further",
            description =
                    "bring a further link to the process that receives the guest, after the first link was lost or"
                            + " beside it; xlj migrate starts this")
    private boolean further;

    @Option(names = "--links", hidden = true, paramLabel = "DIR", description = "the directory of the sockets")
    private Path links = FurtherLinkSockets.STANDARD;

    MigrateReceiveCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() throws IOException {
        if (further) {
            return FurtherLinkRelay.run(standardStreams(), links) ? ExitStatus.OK : ExitStatus.FAILED;
        }
        try (Toolstack toolstack = session.open()) {
            return receive(toolstack);
        }
    }

    private int receive(Toolstack toolstack) {
        Domain guest = InterruptibleBuild.run(session, cancellation -> {
            // The sender does the same meanwhile. After a signal, the warm-up removes its files.
            RemoteHost.warmUp();
            cancellation.check("receiving a guest");
            return toolstack.receive(
                    standardStreams().followedBy(FurtherLinkSockets.in(links)),
                    MigrationLimits.STANDARD.reconnecting(LONGEST_WAIT),
                    paused ? ReceivedStart.PAUSED : ReceivedStart.RUNNING,
                    new Report(),
                    cancellation);
        });
        if (!foreground) {
            return ExitStatus.OK;
        }
        return new ForegroundSupervisor(
                        session, toolstack, event -> session.console().note(event.toString()))
                .of(guest, SupervisionPolicy.standard(), () -> {});
    }

    /** Prints what the sender has asked for, as xl does, on standard error, which ssh brings to the sender. */
    private final class Report implements CreateListener {
        @Override
        public void onProgress(Progress progress) {
            // The sender shows the progress.
        }

        @Override
        public void onArrival(String config) {
            if (dump) {
                config.lines().forEach(session.console()::note);
            }
        }

        @Override
        public void onMemoryCompared(MemoryComparison comparison) {
            session.console().note(text(comparison));
        }

        private static String text(MemoryComparison comparison) {
            String result = comparison.different() == 0
                    ? "all are the same"
                    : comparison.different() + " differ, first at " + frames(comparison.firstFrames());
            return comparison.pages() + " pages of the guest's memory compared with the sender's: " + result;
        }

        private static String frames(List<Long> frames) {
            return frames.stream().map(pfn -> "0x" + Long.toHexString(pfn)).collect(Collectors.joining(", "));
        }
    }

    /** Standard input and output of this process. */
    private ChannelLink standardStreams() {
        Console console = session.console();
        ReadableByteChannel in = Channels.newChannel(console.in());
        return new ChannelLink(in, new StreamChannel(console.guestOutput()), Optional.empty(), in);
    }
}
