// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.serve;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.Callable;
import org.xenjava.toolstack.cli.command.ExitStatus;
import org.xenjava.toolstack.cli.command.Session;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        description = {
            "Run the commands of other xlj processes of the same user, so that Java starts once. While xlj serve runs,"
                    + " xlj sends it the commands list, create, destroy and most others, which print, end and react to"
                    + " Ctrl-C as before.",
            "Commands that need a terminal or standard input, that do not end by themselves, or that save, restore or"
                    + " migrate run in a process of their own, and so do all commands when XLJ_SOCKET=none is set."
        },
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {"0:the jar was replaced; start xlj serve again", "1:the socket cannot be opened"})
public final class ServeCommand implements Callable<Integer> {
    private final Session session;
    private final CommandRunner runner;

    @Option(
            names = "--socket",
            paramLabel = "FILE",
            description = "the socket, in a directory that only the user can write; xlj finds another one in"
                    + " XLJ_SOCKET; ${DEFAULT-VALUE} by default")
    private Path socket = Path.of("/run/xlj/serve.sock");

    /** @param runner runs one command */
    public ServeCommand(Session session, CommandRunner runner) {
        this.session = session;
        this.runner = runner;
    }

    /** {@return the names of the commands that it runs; the others run in a process of their own} */
    public static Set<String> served() {
        return ServedCommand.SERVED;
    }

    @Override
    public Integer call() throws IOException {
        try (ServeSocket listening = ServeSocket.open(socket)) {
            Session sharing = session.opening(options -> session.host().open(options.sharingImages()));
            CommandServer server = new CommandServer(listening, ServedJar.ofThisProcess(), sharing, runner);
            session.complain("serving commands at " + socket);
            server.warmUp();
            session.caller().untilStopped(server::stop, () -> {
                server.run();
                return ExitStatus.OK;
            });
            return ExitStatus.OK;
        } catch (URISyntaxException e) {
            throw new IOException("the jar cannot be found: " + e.getMessage(), e);
        }
    }
}
