// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.domain;

import java.io.IOException;
import java.nio.file.Path;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.cli.command.ExitStatus;
import org.xenjava.toolstack.cli.command.HostCommand;
import org.xenjava.toolstack.cli.command.Session;
import org.xenjava.toolstack.cli.output.Console;
import org.xenjava.toolstack.cli.output.Verbosity;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "restore",
        description = {
            "Build a guest from a file of xlj save or xl save, and let it run on.",
            "If the restore fails or Ctrl-C ends it, nothing of it is left, and the file can be restored again."
        })
final class RestoreCommand extends HostCommand {
    @Parameters(index = "0", paramLabel = "FILE", description = "the file")
    private Path file = Path.of("");

    @Option(names = "-p", description = "leave the guest paused")
    private boolean paused;

    @Option(names = "-c", description = "attach to the guest's console")
    private boolean console;

    RestoreCommand(Session session) {
        super(session);
    }

    @Override
    protected int run(Toolstack toolstack) throws IOException, InterruptedException {
        Verbosity verbosity =
                session.console().isTerminal(Console.Stream.ERR) ? Verbosity.ONE_LINE : Verbosity.TROUBLES;
        Domain domain;
        try (BuildProgress progress = new BuildProgress(session.console(), verbosity)) {
            domain = InterruptibleBuild.run(session, cancellation -> toolstack.restore(file, progress, cancellation));
        }
        Runnable go = paused ? () -> {} : domain::unpause;
        if (console) {
            ConsoleCommand.attach(domain, session, go);
        } else {
            go.run();
        }
        return ExitStatus.OK;
    }
}
