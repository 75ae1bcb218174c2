// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.domain;

import java.nio.file.Path;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.cli.command.DomainCommand;
import org.xenjava.toolstack.cli.command.Session;
import org.xenjava.toolstack.cli.output.Console;
import org.xenjava.toolstack.progress.DumpListener;
import org.xenjava.toolstack.xenctrl.units.Pages;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
        name = "dump-core",
        description = {
            "Write a guest's memory to a file in Xen's dump-core format. The guest is paused until the dump ends.",
            "A populate-on-demand guest with pages still to free is refused: reading its memory may crash it (XSA-153)."
                    + " Ctrl-C removes the file."
        })
final class DumpCoreCommand extends DomainCommand {
    private static final int ALL_PERCENT = 100;

    @Parameters(index = "1", paramLabel = "FILE", description = "the file; replaced if it exists")
    private Path file = Path.of("");

    private long shownPercent = -1;

    DumpCoreCommand(Session session) {
        super(session);
    }

    @Override
    protected String controlDomainRefusal() {
        return "cannot be dumped: the dump would pause the domain that it runs in";
    }

    @Override
    protected void run(Domain domain) {
        boolean shown = session.console().isTerminal(Console.Stream.ERR);
        DumpListener listener = shown ? this::show : DumpListener.NONE;
        InterruptibleBuild.run(session, cancellation -> {
            domain.memory().dump(file, listener, cancellation);
            return domain;
        });
        if (shown) {
            session.console().progress().clear();
        }
    }

    private void show(Pages looked, Pages all) {
        long percent = looked.count() * ALL_PERCENT / all.count();
        if (percent != shownPercent) {
            shownPercent = percent;
            session.console().progress().show("dumping: " + percent + " %");
        }
    }
}
