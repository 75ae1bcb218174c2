// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.error.OperationCancelledException;
import org.xenjava.toolstack.xenctrl.lib.XenHost.BootLoaderRun;
import org.xenjava.toolstack.xenctrl.lib.XenHost.HotplugScript;
import org.xenjava.toolstack.xenctrl.lib.XenHost.HotplugScripts;

/**
 * Runs the hotplug scripts of this machine, each in a process group of its own that ends with the script, or when the
 * limit expires: libxl kills only the script and leaves its children behind. A shell leads the group and signals it
 * while the shell itself lives, so that the number of the group cannot belong to anything else by then.
 */
public final class HostScripts implements HotplugScripts {
    private static final Logger LOG = LoggerFactory.getLogger(HostScripts.class);
    private static final String PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    private static final int MOST_OUTPUT = 1 << 16;
    private static final int GRACE_SECONDS = 2;
    private static final int POLL_MILLIS = 100;

    /** Ends the group after its script; at SIGTERM it ends the script first. {@code kill 0} signals the shell's group. */
    private static final String LEADER =
            """
            end() {
                trap '' TERM
                kill -TERM 0
                { sleep %d; kill -KILL 0; } &
                wait "$script"
                kill -KILL 0
            }
            trap end TERM
            "$0" "$@" &
            script=$!
            wait "$script"
            status=$?
            trap '' TERM
            kill -TERM 0
            exit "$status"
            """
                    .formatted(GRACE_SECONDS);

    private static final Set<PosixFilePermission> OTHERS_WRITE =
            Set.of(PosixFilePermission.GROUP_WRITE, PosixFilePermission.OTHERS_WRITE);

    @Override
    public Optional<String> refusal(String path) {
        Path file = Path.of(path);
        if (!Files.isRegularFile(file)) {
            return Optional.of("there is no file " + path);
        }
        if (!Files.isExecutable(file)) {
            return Optional.of(path + " is not executable");
        }
        try {
            PosixFileAttributes attributes = Files.readAttributes(file, PosixFileAttributes.class);
            boolean writable = OTHERS_WRITE.stream().anyMatch(attributes.permissions()::contains);
            String owner = attributes.owner().getName();
            boolean trusted = owner.equals("root") || owner.equals(System.getProperty("user.name"));
            return writable || !trusted
                    ? Optional.of(path + " belongs to " + owner
                            + (writable ? " and is writable for others" : "")
                            + ": a script runs as root, so only root may change it")
                    : Optional.empty();
        } catch (IOException e) {
            return Optional.of(path + " cannot be read: " + e.getMessage());
        }
    }

    @Override
    public Optional<String> run(HotplugScript script) {
        return run(script, () -> false);
    }

    private static Optional<String> run(HotplugScript script, BooleanSupplier isCancelled) {
        // setsid(1) execs the shell with the same PID, because our child is not the leader of a process group.
        List<String> words = new ArrayList<>(List.of("setsid", "sh", "-c", LEADER, script.path()));
        words.addAll(script.arguments());
        ProcessBuilder builder = new ProcessBuilder(words)
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .redirectErrorStream(true);
        builder.environment().clear();
        builder.environment().put("PATH", PATH);
        builder.environment().put("LANG", "C");
        builder.environment().putAll(script.environment());
        try {
            Process process = builder.start();
            try {
                return result(process, script, isCancelled);
            } finally {
                endGroup(process);
            }
        } catch (IOException e) {
            return Optional.of(script.path() + " cannot be started: " + e.getMessage());
        }
    }

    private static Optional<String> result(Process process, HotplugScript script, BooleanSupplier isCancelled) {
        CompletableFuture<String> output =
                CompletableFuture.supplyAsync(() -> read(process.getInputStream()), HostScripts::startDaemon);
        try {
            long start = System.nanoTime();
            while (!process.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS)) {
                if (isCancelled.getAsBoolean()) {
                    throw new OperationCancelledException("waiting for " + script.path() + " was cancelled");
                }
                if (System.nanoTime() - start >= script.limit().toNanos()) {
                    return Optional.of(
                            "the script did not end within " + script.limit().toSeconds() + " s");
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new OperationCancelledException("waiting for " + script.path() + " was interrupted", e);
        }
        int status = process.exitValue();
        // A child that runs on keeps the pipe open.
        String text =
                output.completeOnTimeout("", GRACE_SECONDS, TimeUnit.SECONDS).join();
        LOG.debug("{} {}: status {}, {}", script.path(), script.arguments(), status, text);
        return status == 0 ? Optional.empty() : Optional.of("status " + status + lastLine(text));
    }

    @Override
    public Optional<String> run(BootLoaderRun run, BooleanSupplier isCancelled) {
        return new HostBootLoaders(this::refusal, script -> run(script, isCancelled)).run(run);
    }

    private static void startDaemon(Runnable reader) {
        Thread thread = new Thread(reader, "xenjava-script-output");
        thread.setDaemon(true);
        thread.start();
    }

    /** Reads to the end, so that the script never waits for a reader, and keeps the beginning. */
    private static String read(InputStream stream) {
        try (stream) {
            byte[] beginning = stream.readNBytes(MOST_OUTPUT);
            byte[] rest = new byte[MOST_OUTPUT];
            int count = 0;
            while (count >= 0) {
                count = stream.read(rest);
            }
            return new String(beginning, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String lastLine(String output) {
        String text = output.strip();
        return text.isEmpty() ? "" : ": " + QmpAnswer.shown(text.substring(text.lastIndexOf('\n') + 1));
    }

    /** Ends the group of a script that hangs. A leader that has ended took its group along. */
    private static void endGroup(Process leader) {
        leader.destroy();
        // Not interruptible: the next script must not meet this one.
        leader.onExit().join();
    }
}
