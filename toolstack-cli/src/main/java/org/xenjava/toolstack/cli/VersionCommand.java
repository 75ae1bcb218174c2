// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli;

import java.util.concurrent.Callable;
import org.xenjava.toolstack.cli.command.ExitStatus;
import org.xenjava.toolstack.cli.command.ReadOnly;
import org.xenjava.toolstack.cli.command.Session;
import picocli.CommandLine.Command;

@Command(description = "Print the version of xlj.")
final class VersionCommand implements ReadOnly, Callable<Integer> {
    private final Session session;

    VersionCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        session.print(Version.text());
        return ExitStatus.OK;
    }
}
