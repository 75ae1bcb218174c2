// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.device;

import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.cli.command.DomainCommand;
import org.xenjava.toolstack.cli.command.Session;
import org.xenjava.toolstack.config.VirtualDisk;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(description = "Eject the medium of an HVM guest's CD-ROM drive.")
final class CdEjectCommand extends DomainCommand {
    @Parameters(index = "1", paramLabel = "DRIVE", description = "the drive, such as hdc")
    private String drive = "";

    CdEjectCommand(Session session) {
        super(session);
    }

    @Override
    protected void run(Domain domain) {
        domain.devices().ejectMedium(new VirtualDisk(drive));
    }
}
