// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.host;

import java.util.Optional;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.XenSecurity.Enforcement;
import org.xenjava.toolstack.cli.command.ExitStatus;
import org.xenjava.toolstack.cli.command.HostCommand;
import org.xenjava.toolstack.cli.command.ReadOnly;
import org.xenjava.toolstack.cli.command.Session;
import picocli.CommandLine.Command;

@Command(
        description = {
            "Print whether Xen enforces its security policy: Enforcing or Permissive.",
            "Of a Xen without Flask: Flask XSM Disabled, with exit status 1."
        })
final class GetenforceCommand extends HostCommand implements ReadOnly {
    GetenforceCommand(Session session) {
        super(session);
    }

    @Override
    protected int run(Toolstack toolstack) {
        Optional<Enforcement> enforcement = toolstack.security().enforcement();
        session.print(enforcement
                .map(mode -> mode == Enforcement.ENFORCING ? "Enforcing" : "Permissive")
                .orElse("Flask XSM Disabled"));
        return enforcement.isPresent() ? ExitStatus.OK : ExitStatus.FAILED;
    }
}
