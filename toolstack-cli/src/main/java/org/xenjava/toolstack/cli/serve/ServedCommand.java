// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.serve;

import java.io.DataInputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.cli.command.ExitStatus;
import org.xenjava.toolstack.cli.command.Session;
import org.xenjava.toolstack.cli.output.Console;

/**
 * One connection: reads a command, runs it, and sends its output and status. A thread of
 * its own runs the command; another one waits for signals of the caller, each of which is a byte, and for the caller's
 * end, which counts as a signal.
 */
final class ServedCommand {
    private static final Logger LOG = LoggerFactory.getLogger(ServedCommand.class);

    /** The commands that end by themselves and have no use for standard input. */
    static final Set<String> SERVED = Set.of(
            "create",
            "destroy",
            "shutdown",
            "reboot",
            "pause",
            "unpause",
            "rename",
            "config-update",
            "trigger",
            "button-press",
            "sysrq",
            "list",
            "info",
            "domid",
            "domname",
            "vm-list",
            "uptime",
            "claims",
            "sharing",
            "dmesg",
            "debug-keys",
            "getenforce",
            "setenforce",
            "gc",
            "mem-set",
            "mem-max",
            "pod-check",
            "dry-run",
            "rehearse",
            "vcpu-list",
            "vcpu-pin",
            "vcpu-set",
            "sched-credit",
            "sched-credit2",
            "cpupool-create",
            "cpupool-list",
            "cpupool-destroy",
            "cpupool-rename",
            "cpupool-cpu-add",
            "cpupool-cpu-remove",
            "cpupool-migrate",
            "cpupool-numa-split",
            "block-attach",
            "block-list",
            "block-detach",
            "network-attach",
            "network-list",
            "network-detach",
            "channel-list",
            "vkb-attach",
            "vkb-list",
            "vkb-detach",
            "cd-insert",
            "cd-eject",
            "qemu-monitor-command",
            "pci-assignable-add",
            "pci-assignable-list",
            "pci-assignable-remove",
            "pci-attach",
            "pci-list",
            "pci-detach",
            "usbctrl-attach",
            "usbctrl-detach",
            "usb-list",
            "usbdev-attach",
            "usbdev-detach",
            "set-parameters",
            "version");

    /** The commands whose first file is read from the caller's directory. */
    private static final Set<String> READING_A_CONFIGURATION =
            Set.of("create", "dry-run", "rehearse", "config-update", "cpupool-create");

    /** An option of the process. */
    private static final String DEBUG = "--debug";

    private final SocketChannel channel;
    private final Frames frames;
    private final CallerLog log;
    private final Predicate<CommandRequest> isCurrent;
    private final Session session;
    private final CommandRunner runner;
    private final CountDownLatch over = new CountDownLatch(1);
    private Optional<RemoteCaller> caller = Optional.empty();
    private boolean stopped;

    ServedCommand(
            SocketChannel channel,
            CallerLog log,
            Predicate<CommandRequest> isCurrent,
            Session session,
            CommandRunner runner) {
        this.channel = channel;
        this.frames = new Frames(channel);
        this.log = log;
        this.isCurrent = isCurrent;
        this.session = session;
        this.runner = runner;
    }

    static boolean serves(List<String> words) {
        return SERVED.contains(words.get(0)) && !words.contains(DEBUG);
    }

    /** @param atEnd runs when the connection is over */
    void start(Runnable atEnd) {
        Thread thread = new Thread(
                () -> {
                    try (channel) {
                        serve();
                    } catch (IOException e) {
                        LOG.debug("a connection ended: {}", e.getMessage());
                    } finally {
                        atEnd.run();
                        over.countDown();
                    }
                },
                "connection");
        thread.setDaemon(true);
        thread.start();
    }

    private void serve() throws IOException {
        frames.ready();
        DataInputStream in = new DataInputStream(Channels.newInputStream(channel));
        CommandRequest request = CommandRequest.read(in);
        if (!serves(request.words())
                || !request.hasFilesOfThisProcess()
                || !Files.isDirectory(request.directory())
                || !isCurrent.test(request)) {
            frames.refuse();
            return;
        }
        RemoteCaller remote = new RemoteCaller(request.directory(), frames);
        setCaller(remote);
        Thread signals = new Thread(() -> awaitSignals(in, remote), "signals");
        signals.setDaemon(true);
        signals.start();
        int status = runInThreadOfItsOwn(request, remote);
        if (remote.isRefused()) {
            frames.refuse();
        } else {
            frames.end(status);
        }
    }

    /** The thread has ended before the caller does, so that its leases are void: see {@link ThreadIdentity}. */
    private int runInThreadOfItsOwn(CommandRequest request, RemoteCaller remote) {
        CompletableFuture<ThreadIdentity> identity = new CompletableFuture<>();
        FutureTask<Integer> command = new FutureTask<>(() -> {
            ThreadIdentity mine = ThreadIdentity.ofThisThread();
            identity.complete(mine);
            return run(request, remote, mine);
        });
        Thread thread = new Thread(command, request.words().get(0));
        thread.start();
        try {
            thread.join();
            int status = command.get();
            identity.join().awaitEnd();
            return status;
        } catch (ExecutionException | InterruptedException e) {
            throw new IllegalStateException(request.words() + " has failed", e);
        }
    }

    private int run(CommandRequest request, RemoteCaller remote, ThreadIdentity identity) {
        remote.commandBegins();
        log.logTo(frames.err());
        try {
            return runLogged(request, remote, identity);
        } finally {
            remote.commandEnded();
        }
    }

    private int runLogged(CommandRequest request, RemoteCaller remote, ThreadIdentity identity) {
        List<String> words = request.words();
        if (!READING_A_CONFIGURATION.contains(words.get(0)) && remote.namesRelativeFile(words)) {
            return ExitStatus.FAILED;
        }
        Console console = Console.ofCaller(frames.out(), frames.err(), request.terminals(), request.environment());
        List<Toolstack> opened = new CopyOnWriteArrayList<>();
        Session called = session.calledBy(remote, console).opening(options -> {
            Toolstack toolstack = session.host().open(options.processIdentity(identity));
            opened.add(toolstack);
            return toolstack;
        });
        try {
            return runner.run(called, words.toArray(String[]::new));
        } finally {
            // What other threads of the command hold in xenstore is void once this thread has ended.
            opened.forEach(Toolstack::closeAndAwaitEnd);
        }
    }

    private static void awaitSignals(DataInputStream in, RemoteCaller remote) {
        try {
            while (in.read() >= 0) {
                remote.stop();
            }
        } catch (IOException e) {
            LOG.debug("a caller is gone: {}", e.getMessage());
        }
        remote.stop();
    }

    private synchronized void setCaller(RemoteCaller remote) {
        caller = Optional.of(remote);
        if (stopped) {
            remote.stop();
        }
    }

    /** Stops the command, or closes the connection if it has none yet. */
    synchronized void stop() {
        stopped = true;
        caller.ifPresentOrElse(RemoteCaller::stop, this::close);
    }

    private synchronized boolean isStopped() {
        return stopped;
    }

    private void close() {
        try {
            channel.close();
        } catch (IOException e) {
            LOG.debug("a connection is not closed: {}", e.getMessage());
        }
    }

    void awaitEnd() throws IOException {
        try {
            while (!over.await(1, TimeUnit.SECONDS)) {
                if (isStopped() && frames.isStuck()) {
                    close();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while commands run", e);
        }
    }
}
