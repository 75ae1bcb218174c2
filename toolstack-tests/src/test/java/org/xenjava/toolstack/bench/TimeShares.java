// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.xenctrl.lib.HypercallBuffer;
import org.xenjava.toolstack.xenctrl.lib.XenCall;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;

/**
 * The CPU time that an operation takes from the toolstack's process, and from the daemons that work for it, which no
 * toolstack can save. In the lab, domain 0 has one CPU, so these times add up.
 */
final class TimeShares {
    private final AtomicLong hypercallNanos = new AtomicLong();
    private final Map<String, Row> rows = new LinkedHashMap<>();
    private final LibxlBench libxl;
    private final CpuTime xenstored = CpuTime.of("xenstored");
    private final CpuTime xenconsoled = CpuTime.of("xenconsoled");
    private final CpuTime libxlProcess = CpuTime.of("libxl-bench");

    /** The times of one operation. */
    private static final class Row {
        private final Samples total = new Samples();
        private final Samples process = new Samples();
        private final Samples hypercalls = new Samples();
        private final Samples xenstored = new Samples();
        private final Samples xenconsoled = new Samples();
    }

    /** CPU time since the start of a process, in milliseconds. */
    private interface CpuTime {
        double millis();

        /** The CPU time of a process with one thread. */
        static CpuTime of(String command) {
            Path process = processes()
                    .filter(candidate -> read(candidate.resolve("comm"))
                            .filter(command::equals)
                            .isPresent())
                    .findFirst()
                    .orElseThrow(() -> new IllegalStateException("there is no process " + command));
            // The first number is the time in nanoseconds.
            return () -> read(process.resolve("schedstat"))
                    .map(text -> Long.parseLong(text.split(" ")[0]) / 1e6)
                    .orElseThrow();
        }

        static CpuTime ofThisProcess() {
            var system = (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
            return () -> system.getProcessCpuTime() / 1e6;
        }
    }

    TimeShares(LibxlBench libxl) {
        this.libxl = libxl;
    }

    void measure(BenchGuest guest, int warmUp, int rounds) {
        CpuTime ours = CpuTime.ofThisProcess();
        try (Toolstack toolstack = Toolstack.options().tap(this::timed).open()) {
            for (int i = 0; i < warmUp; i++) {
                toolstack.create(guest.config("warm-" + i)).destroy();
            }
            for (int i = 0; i < rounds; i++) {
                String name = "shares-" + i;
                DomainConfig config = guest.config(name);
                Domain domain = timed("our create", ours, () -> toolstack.create(config));
                timed("our destroy", ours, () -> {
                    domain.destroy();
                    return name;
                });
                int domid = timed("libxl's create", libxlProcess, () -> libxl.create(guest, name))
                        .value();
                timed("libxl's destroy", libxlProcess, () -> libxl.destroy(domid));
            }
        }
    }

    private <T> T timed(String what, CpuTime process, Supplier<T> operation) {
        long hypercalls = hypercallNanos.get();
        double cpu = process.millis();
        double store = xenstored.millis();
        double console = xenconsoled.millis();
        long start = System.nanoTime();
        T result = operation.get();
        double total = (System.nanoTime() - start) / 1e6;
        Row row = rows.computeIfAbsent(what, unused -> new Row());
        row.total.add(total);
        row.process.add(process.millis() - cpu);
        row.hypercalls.add((hypercallNanos.get() - hypercalls) / 1e6);
        row.xenstored.add(xenstored.millis() - store);
        row.xenconsoled.add(xenconsoled.millis() - console);
        return result;
    }

    String table(String title) {
        StringBuilder text = new StringBuilder("| " + title
                + ", ms | all of it | CPU time of the toolstack's process | its hypercalls | CPU time of xenstored | of"
                + " xenconsoled |\n|---|---|---|---|---|---|\n");
        rows.forEach((what, row) -> text.append(String.format(
                Locale.ROOT,
                "| %s | %s | %s | %s | %s | %s |%n",
                what,
                row.total.text(),
                row.process.text(),
                what.startsWith("our") ? row.hypercalls.text() : "",
                row.xenstored.text(),
                row.xenconsoled.text())));
        return text.toString();
    }

    private static Stream<Path> processes() {
        try (Stream<Path> files = Files.list(Path.of("/proc"))) {
            return files.toList().stream()
                    .filter(file -> file.getFileName().toString().matches("\\d+"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Empty if the process has ended. */
    private static Optional<String> read(Path file) {
        try {
            return Optional.of(Files.readString(file).strip());
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** The libraries with a stopwatch around hypercalls. */
    private XenLibraries timed(XenLibraries below) {
        XenCall call = new TimedCall(below.call());
        InvocationHandler handler = (proxy, method, args) -> {
            try {
                return method.getName().equals("call") ? call : method.invoke(below, args);
            } catch (InvocationTargetException e) {
                throw e.getCause();
            }
        };
        return (XenLibraries) Proxy.newProxyInstance(
                XenLibraries.class.getClassLoader(), new Class<?>[] {XenLibraries.class}, handler);
    }

    private final class TimedCall implements XenCall {
        private final XenCall below;

        private TimedCall(XenCall below) {
            this.below = below;
        }

        @Override
        public int call(int op, long... args) {
            long start = System.nanoTime();
            try {
                return below.call(op, args);
            } finally {
                hypercallNanos.addAndGet(System.nanoTime() - start);
            }
        }

        @Override
        public HypercallBuffer allocBuffer(int bytes) {
            return below.allocBuffer(bytes);
        }

        @Override
        public void close() {
            below.close();
        }
    }
}
