// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.device;

import java.nio.file.Path;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.cli.command.DomainCommand;
import org.xenjava.toolstack.cli.command.Session;
import org.xenjava.toolstack.config.VirtualDisk;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(description = "Insert a medium into an HVM guest's CD-ROM drive, in place of the present one.")
final class CdInsertCommand extends DomainCommand {
    @Parameters(index = "1", paramLabel = "DRIVE", description = "the drive, such as hdc")
    private String drive = "";

    @Parameters(index = "2", paramLabel = "IMAGE", description = "a raw image or a block device")
    private Path image = Path.of("");

    CdInsertCommand(Session session) {
        super(session);
    }

    @Override
    protected void run(Domain domain) {
        domain.devices().insertMedium(new VirtualDisk(drive), image.toAbsolutePath());
    }
}
