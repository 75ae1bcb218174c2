// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.plan;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.xenjava.toolstack.cli.command.ExitStatus;
import org.xenjava.toolstack.cli.command.JsonOption;
import org.xenjava.toolstack.cli.command.ReadOnly;
import org.xenjava.toolstack.cli.command.Session;
import org.xenjava.toolstack.cli.output.Json;
import org.xenjava.toolstack.stream.StreamSummary;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        description = {
            "List the records of a saved domain's file, and check the file: lengths, order, padding, page types.",
            "Does not open Xen. The exit status is 1 if the file is damaged."
        })
final class StreamInfoCommand implements ReadOnly, Callable<Integer> {
    private final Session session;

    @Parameters(index = "0", paramLabel = "FILE", description = "a file that xlj save or xl save wrote")
    private Path file = Path.of("");

    @Option(names = "--config", description = "print only the stored configuration")
    private boolean config;

    @Mixin
    private final JsonOption json = new JsonOption();

    StreamInfoCommand(Session session) {
        this.session = session;
    }

    /** The summary as JSON. */
    private record Document(
            String domainKind,
            String xenVersion,
            int libxcVersion,
            long bytes,
            long bytesBehindEnd,
            StreamSummary.PageCount pages,
            List<StreamSummary.Line> records) {}

    @Override
    public Integer call() throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            StreamSummary summary = StreamSummary.read(channel);
            long behind = channel.size() - channel.position();
            if (config) {
                summary.header().config().lines().forEach(session::print);
            } else if (json.chosen()) {
                session.print(Json.pretty(document(summary, behind)));
            } else {
                print(summary, behind);
            }
        }
        return ExitStatus.OK;
    }

    private static Document document(StreamSummary summary, long behind) {
        return new Document(
                summary.start().kind().name(),
                version(summary),
                summary.start().version(),
                summary.bytes(),
                behind,
                summary.pages(),
                summary.records());
    }

    private static String version(StreamSummary summary) {
        return summary.start().xenMajor() + "." + summary.start().xenMinor();
    }

    private void print(StreamSummary summary, long behind) {
        session.print("    offset      bytes  records");
        for (StreamSummary.Line line : summary.records()) {
            String records = line.count() > 1 ? line.count() + " x " + line.name() : line.name();
            String details = line.details().isEmpty() ? "" : "  " + line.details();
            session.print(
                    String.format(Locale.ROOT, "%#10x %10d  %s%s", line.offset(), line.bytes(), records, details));
        }
        session.print("The file is well-formed: " + summary.bytes() + " bytes, "
                + summary.pages().stored() + " pages of which "
                + summary.pages().zero() + " are zero.");
        if (behind > 0) {
            session.print(behind + " bytes follow the end of the stream.");
        }
    }
}
