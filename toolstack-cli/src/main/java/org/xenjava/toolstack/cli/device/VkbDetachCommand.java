// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.device;

import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.cli.command.DomainCommand;
import org.xenjava.toolstack.cli.command.Session;
import org.xenjava.toolstack.device.view.DetachMode;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(description = "Detach a paravirtual keyboard from a domain.")
final class VkbDetachCommand extends DomainCommand {
    @Option(
            names = {"-f", "--force"},
            description = "detach the keyboard even if the guest does not release it")
    private boolean force;

    @Parameters(index = "1", paramLabel = "DEVID", description = "number of the keyboard, as 'vkb-list' prints it")
    private int devid;

    VkbDetachCommand(Session session) {
        super(session);
    }

    @Override
    protected void run(Domain domain) {
        domain.devices().detachKeyboard(devid, force ? DetachMode.FORCE : DetachMode.IF_GUEST_AGREES);
    }
}
