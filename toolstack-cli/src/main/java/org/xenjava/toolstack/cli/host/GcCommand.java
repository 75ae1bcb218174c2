// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.host;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.cli.command.DryRunnable;
import org.xenjava.toolstack.cli.command.ExitStatus;
import org.xenjava.toolstack.cli.command.JsonOption;
import org.xenjava.toolstack.cli.command.Session;
import org.xenjava.toolstack.cli.output.Json;
import org.xenjava.toolstack.error.ToolstackException;
import org.xenjava.toolstack.progress.Leftover;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        description = {
            "Remove what failed or killed commands have left behind: domains, xenstore nodes, loop devices,"
                    + " network interfaces, QEMU processes.",
            "What is recorded as unfinished, every command that opens Xen removes first; this command also searches"
                    + " xenstore."
        })
final class GcCommand implements Callable<Integer>, DryRunnable {
    private final Session session;

    @Option(
            names = {"-n", "--dry-run"},
            description = "print what would be removed, and remove nothing")
    private boolean dry;

    @Mixin
    private final JsonOption json = new JsonOption();

    GcCommand(Session session) {
        this.session = session;
    }

    /** The fate of a leftover. */
    private enum Result {
        FOUND,
        REMOVED,
        FAILED
    }

    /** A leftover as JSON. */
    private record Document(
            Leftover.Kind kind, Optional<Integer> domid, Optional<UUID> uuid, Result result, Optional<String> problem) {
        static Document of(Leftover leftover, Result result, Optional<String> problem) {
            Optional<Integer> domid =
                    leftover.domid().isPresent() ? Optional.of(leftover.domid().getAsInt()) : Optional.empty();
            return new Document(leftover.kind(), domid, leftover.uuid(), result, problem);
        }
    }

    @Override
    public Integer call() {
        return dry ? dryRun() : collect(Result.REMOVED);
    }

    @Override
    public int dryRun() {
        return collect(Result.FOUND);
    }

    private int collect(Result wanted) {
        try (Toolstack toolstack = session.openKeepingLeftovers()) {
            if (wanted == Result.REMOVED) {
                toolstack.leftovers().removeBootFiles();
            }
            List<Document> documents = new ArrayList<>();
            for (Leftover leftover : toolstack.leftovers().find()) {
                documents.add(
                        wanted == Result.REMOVED
                                ? remove(toolstack, leftover)
                                : Document.of(leftover, Result.FOUND, Optional.empty()));
                if (!json.chosen() && documents.get(documents.size() - 1).result() != Result.FAILED) {
                    session.print(wanted == Result.REMOVED ? "removed: " + leftover : leftover.toString());
                }
            }
            if (json.chosen()) {
                session.print(Json.pretty(documents));
            }
            boolean failed = documents.stream().anyMatch(document -> document.result() == Result.FAILED);
            return failed ? ExitStatus.FAILED : ExitStatus.OK;
        }
    }

    private Document remove(Toolstack toolstack, Leftover leftover) {
        try {
            toolstack.leftovers().remove(leftover);
            return Document.of(leftover, Result.REMOVED, Optional.empty());
        } catch (ToolstackException e) {
            session.complain("the " + leftover + " could not be removed: " + e.getMessage());
            return Document.of(leftover, Result.FAILED, Optional.of(e.getMessage()));
        }
    }
}
