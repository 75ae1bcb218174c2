// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.device;

import java.util.ArrayList;
import java.util.List;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.cli.command.DomainCommand;
import org.xenjava.toolstack.cli.command.Session;
import org.xenjava.toolstack.config.xl.XlConfigReader;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(description = "Give a domain one more disk, which its drivers find by themselves.")
final class BlockAttachCommand extends DomainCommand {
    @Parameters(
            index = "1..*",
            arity = "1..*",
            paramLabel = "DISK",
            description = "as in 'disk' of xl.cfg: TARGET,FORMAT,VDEV,ACCESS; several are joined by commas")
    private final List<String> words = new ArrayList<>();

    BlockAttachCommand(Session session) {
        super(session);
    }

    @Override
    protected void run(Domain domain) {
        domain.devices().attach(XlConfigReader.disk(String.join(",", words)));
    }
}
