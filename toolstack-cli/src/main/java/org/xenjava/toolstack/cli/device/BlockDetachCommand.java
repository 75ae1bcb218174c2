// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.device;

import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.cli.command.DomainCommand;
import org.xenjava.toolstack.cli.command.Session;
import org.xenjava.toolstack.config.VirtualDisk;
import org.xenjava.toolstack.device.view.DetachMode;
import org.xenjava.toolstack.error.ConfigException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(description = "Detach a disk from a domain. The guest releases the disk once nothing in the guest uses it.")
final class BlockDetachCommand extends DomainCommand {
    @Option(
            names = {"-f", "--force"},
            description = "detach the disk even if the guest does not release it")
    private boolean force;

    @Parameters(index = "1", paramLabel = "VDEV", description = "the disk, such as xvdb, or its number in block-list")
    private String vdev = "";

    BlockDetachCommand(Session session) {
        super(session);
    }

    @Override
    protected void run(Domain domain) {
        VirtualDisk disk = new VirtualDisk(vdev);
        if (domain.devices().disks().stream().noneMatch(attached -> attached.number() == disk.number())) {
            throw new ConfigException(domain + " has no disk " + vdev);
        }
        domain.devices().detach(disk, force ? DetachMode.FORCE : DetachMode.IF_GUEST_AGREES);
    }
}
