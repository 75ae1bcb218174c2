// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli;

import java.util.Objects;
import java.util.concurrent.Callable;
import org.xenjava.toolstack.cli.command.ExitStatus;
import org.xenjava.toolstack.cli.command.ReadOnly;
import org.xenjava.toolstack.cli.command.Session;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

@Command(
        description = {
            "Print a script by which bash and zsh complete commands and options of xlj.",
            "source <(xlj completion) loads it; a file in /etc/bash_completion.d, too."
        })
final class CompletionCommand implements ReadOnly, Callable<Integer> {
    private final Session session;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    CompletionCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        AutoComplete.bash("xlj", Objects.requireNonNull(spec.commandLine().getParent()))
                .lines()
                .forEach(session::print);
        return ExitStatus.OK;
    }
}
