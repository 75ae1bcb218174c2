// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.Callable;
import org.xenjava.toolstack.cli.command.ExitStatus;
import org.xenjava.toolstack.cli.command.Session;
import org.xenjava.toolstack.cli.command.SignalShutdown;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        description = {
            "Run the commands of standard input, one a line, in this process, so that Java starts once. Words end at"
                    + " blanks; quotes, \\ and # mean what they mean to a shell. The commands have no input. Options"
                    + " of xlj, such as -v, stand before batch; --record is for one command.",
            "After Ctrl-C or SIGTERM no further command runs. With --status, a program that keeps xlj batch running can wait for the end of each command."
        },
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {"0:every command ended with 0", "1:a command did not", "2:the arguments are wrong"})
final class BatchCommand implements Callable<Integer> {
    private final Session session;

    @Option(names = "--status", description = "print a line \"status N\" on standard output after each command")
    private boolean status;

    BatchCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        BufferedReader lines =
                new BufferedReader(new InputStreamReader(session.console().in(), StandardCharsets.UTF_8));
        int result = ExitStatus.OK;
        try {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (SignalShutdown.hasBegun()) {
                    // The process would end in the middle of the command.
                    return ExitStatus.FAILED;
                }
                if (!run(line)) {
                    result = ExitStatus.FAILED;
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return result;
    }

    /** Runs the command of a line, and returns whether it succeeded. An empty line is a success. */
    private boolean run(String line) {
        int ended;
        try {
            List<String> words = CommandWords.of(line);
            if (words.isEmpty()) {
                return true;
            }
            requireNoOptionOfXlj(words);
            ended = Xlj.run(session.withoutInput(), words.toArray(String[]::new));
        } catch (IllegalArgumentException e) {
            session.complain(String.valueOf(e.getMessage()));
            ended = ExitStatus.USAGE;
        }
        if (status) {
            session.print("status " + ended);
        }
        return ended == ExitStatus.OK;
    }

    /** Refuses options of the process in a line: they would also apply to the lines that follow. */
    private static void requireNoOptionOfXlj(List<String> words) {
        String first = words.get(0);
        if (first.startsWith("-") || words.contains("--debug")) {
            String option = first.startsWith("-") ? first : "--debug";
            throw new IllegalArgumentException("options of xlj stand before batch, not in a line: " + option);
        }
    }
}
