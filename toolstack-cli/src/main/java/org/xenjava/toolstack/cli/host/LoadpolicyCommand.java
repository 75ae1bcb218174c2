// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.host;

import java.nio.file.Path;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.cli.command.ExitStatus;
import org.xenjava.toolstack.cli.command.HostCommand;
import org.xenjava.toolstack.cli.command.Session;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(description = "Load a security policy for Flask in place of the present one.")
final class LoadpolicyCommand extends HostCommand {
    @Parameters(index = "0", paramLabel = "FILE", description = "the compiled policy")
    private Path file = Path.of("");

    LoadpolicyCommand(Session session) {
        super(session);
    }

    @Override
    protected int run(Toolstack toolstack) {
        toolstack.security().loadPolicy(file);
        return ExitStatus.OK;
    }
}
