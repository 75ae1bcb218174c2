// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.domain;

import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.cli.command.DomainCommand;
import org.xenjava.toolstack.cli.command.Session;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
        description = {
            "Send a magic SysRq key to the kernel of a Linux domain.",
            "The request goes over xenstore; whether the guest acts on it is not reported back."
        })
final class SysrqCommand extends DomainCommand {
    @Parameters(index = "1", paramLabel = "LETTER", description = "the key, such as h for help")
    private char key = ' ';

    SysrqCommand(Session session) {
        super(session);
    }

    @Override
    protected void run(Domain domain) {
        domain.lifecycle().sendSysrq(key);
    }
}
