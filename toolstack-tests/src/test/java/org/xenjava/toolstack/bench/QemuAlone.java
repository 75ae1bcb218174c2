// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.bench;

import java.io.File;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.Toolstack;

/**
 * QEMU without a toolstack: the time from the start of the process until its monitor answers. No toolstack that starts
 * QEMU with these arguments creates an HVM guest in less.
 */
final class QemuAlone {
    private static final String MONITOR = "socket,id=xenjava,path=";
    private static final long LIMIT_NANOS = TimeUnit.MINUTES.toNanos(1);

    private final Toolstack toolstack;
    private final LibxlBench libxl;
    private final Samples alone = new Samples();
    private final Samples create = new Samples();

    QemuAlone(Toolstack toolstack, LibxlBench libxl) {
        this.toolstack = toolstack;
        this.libxl = libxl;
    }

    /** @param guest an HVM guest whose QEMU is not confined: the arguments name no root directory that is gone */
    void measure(BenchGuest guest, int rounds) {
        Domain domain = toolstack.create(guest.config("alone"));
        try {
            long qemu = pid(domain);
            List<String> command =
                    List.of(read(Path.of("/proc/" + qemu + "/cmdline")).split("\0"));
            Path monitor = command.stream()
                    .filter(word -> word.startsWith(MONITOR))
                    .map(word -> Path.of(word.substring(MONITOR.length()).replaceFirst(",.*", "")))
                    .findFirst()
                    .orElseThrow(() -> new IllegalStateException("QEMU has no monitor: " + command));
            end(ProcessHandle.of(qemu).orElseThrow());
            for (int i = 0; i < rounds; i++) {
                alone.add(start(command, monitor));
                LibxlBench.Answer created = libxl.create(guest, "beside-" + i);
                create.add(created.millis());
                libxl.destroy(created.value());
            }
        } finally {
            domain.destroy();
        }
    }

    String row(BenchGuest guest) {
        return Comparison.tableRow(
                guest.title() + ": QEMU alone, until its monitor answers / libxl's create", create, alone, "");
    }

    private static long pid(Domain domain) {
        // /proc is searched, since the node with the PID is the toolstack's own.
        return ProcessHandle.allProcesses()
                .filter(process -> read(Path.of("/proc/" + process.pid() + "/cmdline"))
                        .contains("-xen-domid\0" + domain.domid() + "\0"))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("there is no QEMU"))
                .pid();
    }

    private static double start(List<String> command, Path monitor) {
        try {
            Files.deleteIfExists(monitor);
            long start = System.nanoTime();
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(Redirect.to(new File("/tmp/qemu-alone.log")))
                    .start();
            awaitGreeting(process, monitor, start);
            double millis = (System.nanoTime() - start) / 1e6;
            end(process.toHandle());
            return millis;
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void awaitGreeting(Process process, Path monitor, long start) {
        while (!greets(monitor)) {
            if (!process.isAlive() || System.nanoTime() - start > LIMIT_NANOS) {
                process.destroyForcibly();
                throw new IllegalStateException("QEMU does not start: " + read(Path.of("/tmp/qemu-alone.log")));
            }
            pause();
        }
    }

    private static boolean greets(Path monitor) {
        if (!Files.exists(monitor)) {
            return false;
        }
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.connect(UnixDomainSocketAddress.of(monitor));
            return channel.read(ByteBuffer.allocate(1)) > 0;
        } catch (IOException e) {
            return false;
        }
    }

    /** Ends QEMU by SIGTERM, so that it releases its ioreq server: Xen has eight for each domain. */
    private static void end(ProcessHandle qemu) {
        qemu.destroy();
        qemu.onExit().join();
    }

    private static void pause() {
        try {
            Thread.sleep(5);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return "";
        }
    }
}
