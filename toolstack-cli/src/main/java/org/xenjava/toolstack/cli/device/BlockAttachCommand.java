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

@Command(description = "Attach a disk to a domain. The drivers in the guest find it by themselves.")
final class BlockAttachCommand extends DomainCommand {
    @Parameters(
            index = "1..*",
            arity = "1..*",
            paramLabel = "DISK",
            description =
                    "a value of 'disk' in xl.cfg: TARGET,FORMAT,VDEV,ACCESS; several arguments are joined by commas")
    private final List<String> words = new ArrayList<>();

    BlockAttachCommand(Session session) {
        super(session);
    }

    @Override
    protected void run(Domain domain) {
        domain.devices().attach(XlConfigReader.disk(String.join(",", words)));
    }
}
