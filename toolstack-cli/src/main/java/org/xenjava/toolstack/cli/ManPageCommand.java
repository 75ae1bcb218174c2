// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli;

import java.util.Objects;
import java.util.concurrent.Callable;
import org.xenjava.toolstack.cli.command.ExitStatus;
import org.xenjava.toolstack.cli.command.ReadOnly;
import org.xenjava.toolstack.cli.command.Session;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

@Command(description = "Print the manual of xlj in the format of man pages, such as for xlj.1.")
final class ManPageCommand implements ReadOnly, Callable<Integer> {
    private final Session session;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    ManPageCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        ManPage.of(Objects.requireNonNull(spec.commandLine().getParent()).getCommandSpec())
                .forEach(session::print);
        return ExitStatus.OK;
    }
}
