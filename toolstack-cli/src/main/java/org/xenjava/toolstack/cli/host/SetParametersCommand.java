// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.host;

import java.util.List;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.cli.command.ExitStatus;
import org.xenjava.toolstack.cli.command.HostCommand;
import org.xenjava.toolstack.cli.command.Session;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
        description = {
            "Change parameters of Xen's command line while Xen runs, until the host reboots.",
            "All are checked before the first is set."
        })
final class SetParametersCommand extends HostCommand {
    @Parameters(
            arity = "1..*",
            paramLabel = "PARAMETERS",
            description = "NAME=VALUE, or NAME or noNAME of a boolean; several in one word are separated by blanks")
    private List<String> parameters = List.of();

    SetParametersCommand(Session session) {
        super(session);
    }

    @Override
    protected int run(Toolstack toolstack) {
        toolstack.setXenParameters(List.of(String.join(" ", parameters).strip().split("[ \\t]+")));
        return ExitStatus.OK;
    }
}
