// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.command;

import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.Toolstack;
import picocli.CommandLine.Parameters;

/** A command that does one thing to one domain. */
public abstract class DomainCommand extends HostCommand {
    @Parameters(index = "0", paramLabel = "DOMAIN", description = "a domid, a name or a UUID")
    private String domain = "";

    protected DomainCommand(Session session) {
        super(session);
    }

    @Override
    protected final int run(Toolstack toolstack) throws Exception {
        run(toolstack.resolve(domain));
        return ExitStatus.OK;
    }

    protected abstract void run(Domain domain) throws Exception;
}
