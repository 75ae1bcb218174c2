// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.command;

import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.error.DomainStateException;
import picocli.CommandLine.Parameters;

/** A command that acts on one domain. */
public abstract class DomainCommand extends HostCommand {
    private static final int CONTROL_DOMAIN = 0;

    @Parameters(index = "0", paramLabel = "DOMAIN", description = "domid, name or UUID")
    private String domain = "";

    protected DomainCommand(Session session) {
        super(session);
    }

    @Override
    protected final int run(Toolstack toolstack) throws Exception {
        Domain found = toolstack.resolve(domain);
        if (found.domid() == CONTROL_DOMAIN && !controlDomainRefusal().isEmpty()) {
            throw new DomainStateException("domain 0 " + controlDomainRefusal());
        }
        run(found);
        return ExitStatus.OK;
    }

    /** The reason for which the command refuses domain 0, as the end of a sentence; empty if it does not. */
    protected String controlDomainRefusal() {
        return "";
    }

    protected abstract void run(Domain domain) throws Exception;
}
