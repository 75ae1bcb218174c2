// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.device;

import java.io.IOException;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.cli.command.DomainCommand;
import org.xenjava.toolstack.cli.command.ReadOnly;
import org.xenjava.toolstack.cli.command.Session;
import org.xenjava.toolstack.cli.command.VncViewer;
import org.xenjava.toolstack.error.DomainStateException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        description = {
            "Start vncviewer on an HVM guest's screen and wait until it ends.",
            "The program is looked for in PATH."
        })
final class VncviewerCommand extends DomainCommand implements ReadOnly {
    @Option(names = "--autopass", description = "pass the password of the guest's configuration to the viewer")
    private boolean autopass;

    @Option(names = "--address", description = "print ADDRESS:PORT of the VNC server and start no viewer")
    private boolean addressOnly;

    VncviewerCommand(Session session) {
        super(session);
    }

    @Override
    protected void run(Domain domain) throws IOException, InterruptedException {
        if (addressOnly) {
            session.print(VncViewer.address(domain).toString());
            return;
        }
        VncViewer.Password password = autopass ? VncViewer.Password.OF_CONFIGURATION : VncViewer.Password.TYPED;
        int status =
                VncViewer.of(domain).start(domain, password, session.console()).waitFor();
        if (status != 0) {
            throw new DomainStateException("vncviewer of " + domain + " has ended with status " + status);
        }
    }
}
