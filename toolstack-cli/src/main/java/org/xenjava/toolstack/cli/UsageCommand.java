// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli;

import java.util.Optional;
import java.util.concurrent.Callable;
import org.xenjava.toolstack.cli.command.ExitStatus;
import org.xenjava.toolstack.cli.command.ReadOnly;
import org.xenjava.toolstack.cli.command.Session;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(description = "Print the help of a command, or of xlj.")
final class UsageCommand implements ReadOnly, Callable<Integer> {
    private final Session session;

    @Parameters(arity = "0..1", paramLabel = "COMMAND", description = "name of a command")
    private Optional<String> command = Optional.empty();

    @Spec
    private CommandSpec spec = CommandSpec.create();

    UsageCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        CommandLine xlj = spec.commandLine().getParent();
        CommandLine described = command.map(
                        name -> Optional.ofNullable(xlj.getSubcommands().get(name))
                                .orElseThrow(() -> new ParameterException(xlj, UnknownWords.command(name))))
                .orElse(xlj);
        described.usage(session.console().helpWriter());
        return ExitStatus.OK;
    }
}
