// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.device;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.cli.command.DomainCommand;
import org.xenjava.toolstack.cli.command.Session;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(description = "Write an HVM guest's screen to a PNG file.")
final class ScreenshotCommand extends DomainCommand {
    @Parameters(index = "1", paramLabel = "FILE", description = "the PNG file; overwritten")
    private Path file = Path.of("");

    ScreenshotCommand(Session session) {
        super(session);
    }

    @Override
    protected void run(Domain domain) throws IOException {
        Files.write(file, domain.screen().screenshot().toPng());
    }
}
