// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.serve;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.cli.command.Caller;
import org.xenjava.toolstack.cli.command.Session;
import org.xenjava.toolstack.cli.output.Console;

/** Accepts connections and runs the command of each one in threads of its own. */
final class CommandServer {
    private static final Logger LOG = LoggerFactory.getLogger(CommandServer.class);
    private static final Duration BETWEEN_TRIES = Duration.ofSeconds(1);

    private final ServeSocket socket;
    private final ServedJar jar;
    private final Session session;
    private final CommandRunner runner;
    private final Set<ServedCommand> running = ConcurrentHashMap.newKeySet();

    CommandServer(ServeSocket socket, ServedJar jar, Session session, CommandRunner runner) {
        this.socket = socket;
        this.jar = jar;
        this.session = session;
        this.runner = runner;
    }

    /** Loads the classes of common commands in the background, without output. A host without Xen is no failure. */
    void warmUp() {
        OutputStream nowhere = OutputStream.nullOutputStream();
        Session quiet = session.calledBy(Caller.THIS_PROCESS, Console.ofCaller(nowhere, nowhere, Set.of(), Map.of()));
        Thread thread = new Thread(
                () -> {
                    runner.run(quiet, "list");
                    // Has the steps of a create; the kernel is absent, so that none is read.
                    runner.run(
                            quiet,
                            "rehearse",
                            "/dev/null",
                            "name='none'",
                            "type='pvh'",
                            "memory=8",
                            "maxmem=16",
                            "kernel='/nonexistent'");
                },
                "warm-up");
        thread.setDaemon(true);
        thread.start();
    }

    /** Runs until {@link #stop} is called or the jar is replaced, and all commands have ended. */
    void run() {
        CallerLog log = CallerLog.install();
        try {
            while (acceptNext(log)) {
                // Each command has threads of its own.
            }
            for (ServedCommand command : running) {
                command.awaitEnd();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            log.uninstall();
        }
    }

    /** Starts the next command; false if there is none any more. A failure, such as EMFILE, ends no running command. */
    private boolean acceptNext(CallerLog log) {
        try {
            Optional<SocketChannel> next = socket.accept();
            next.ifPresent(connection -> start(connection, log));
            return next.isPresent();
        } catch (IOException e) {
            LOG.warn("no connection is accepted: {}", e.getMessage());
            return pause();
        }
    }

    private static boolean pause() {
        try {
            Thread.sleep(BETWEEN_TRIES.toMillis());
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private void start(SocketChannel connection, CallerLog log) {
        ServedCommand command = new ServedCommand(connection, log, this::isCurrent, session, runner);
        running.add(command);
        command.start(() -> running.remove(command));
    }

    /** Whether the caller's jar is the one that runs. A process whose jar was replaced ends. */
    private boolean isCurrent(CommandRequest request) {
        if (!jar.isCurrent()) {
            stopAccepting();
            return false;
        }
        return jar.isAt(request.jar());
    }

    /** Accepts no further command and stops all that run. */
    void stop() {
        stopAccepting();
        running.forEach(ServedCommand::stop);
    }

    private void stopAccepting() {
        try {
            socket.stop();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
