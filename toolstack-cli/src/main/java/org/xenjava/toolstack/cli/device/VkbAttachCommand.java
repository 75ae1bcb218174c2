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

@Command(description = "Attach a paravirtual keyboard and mouse to a domain whose QEMU is not confined.")
final class VkbAttachCommand extends DomainCommand {
    @Parameters(
            index = "1..*",
            arity = "1..*",
            paramLabel = "KEY=VALUE",
            description = "values of 'vkb' in xl.cfg: backend-type=qemu, unique-id=TEXT")
    private final List<String> words = new ArrayList<>();

    VkbAttachCommand(Session session) {
        super(session);
    }

    @Override
    protected void run(Domain domain) {
        domain.devices().attachKeyboard(XlConfigReader.keyboard(String.join(",", words)));
    }
}
