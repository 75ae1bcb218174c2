// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.domain;

import java.nio.file.Path;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.DomainSaving.Afterwards;
import org.xenjava.toolstack.cli.command.DomainCommand;
import org.xenjava.toolstack.cli.command.Session;
import org.xenjava.toolstack.cli.output.Console;
import org.xenjava.toolstack.progress.DumpListener;
import org.xenjava.toolstack.xenctrl.units.Pages;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "save",
        description = {
            "Suspend a guest, write it to a file in xl's format, and destroy the domain.",
            "A populate-on-demand guest with pages still to free is refused. If the save fails or Ctrl-C ends it, the guest"
                    + " runs on and an older file stays."
        })
final class SaveCommand extends DomainCommand {
    private static final int ALL_PERCENT = 100;

    @Parameters(index = "1", paramLabel = "FILE", description = "the file; replaced if it exists")
    private Path file = Path.of("");

    @Option(names = "-c", description = "leave the guest running")
    private boolean running;

    @Option(names = "-p", description = "leave the guest paused")
    private boolean paused;

    @Mixin
    private CoverOption cover = new CoverOption();

    private long shownPercent = -1;

    SaveCommand(Session session) {
        super(session);
    }

    @Override
    protected String controlDomainRefusal() {
        return "cannot be saved";
    }

    @Override
    protected void run(Domain domain) {
        boolean shown = session.console().isTerminal(Console.Stream.ERR);
        DumpListener listener = shown ? this::show : DumpListener.NONE;
        cover.apply(domain);
        InterruptibleBuild.run(session, cancellation -> {
            domain.saving().save(file, afterwards(), listener, cancellation);
            return domain;
        });
        if (shown) {
            session.console().progress().clear();
        }
    }

    private Afterwards afterwards() {
        if (paused) {
            return Afterwards.RESUME_PAUSED;
        }
        return running ? Afterwards.RESUME : Afterwards.DESTROY;
    }

    private void show(Pages looked, Pages all) {
        long percent = looked.count() * ALL_PERCENT / all.count();
        if (percent != shownPercent) {
            shownPercent = percent;
            session.console().progress().show("saving: " + percent + " %");
        }
    }
}
