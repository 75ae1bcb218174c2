// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.bench.Comparison.Measured;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.error.ToolstackException;
import org.xenjava.toolstack.pool.GuestPool;
import org.xenjava.toolstack.pool.GuestPoolPolicy;

/**
 * Compares this toolstack with libxl in process and with the programs of xl, on the Xen below; {@code lab/bench} starts
 * this in the lab's dom0. Writes Markdown.
 */
public final class LabBench {
    private static final int WARM_UP = 40;

    /** The steps that all guests have are compiled by then. A create and a destroy take two seconds. */
    private static final int HVM_WARM_UP = 10;

    private static final int[] GUESTS = {1, 8, 16, 32, Growth.MOST};

    private static final Map<Measured, String> GOALS =
            Map.of(Measured.LIBXL_CREATE, "≤ 0.4", Measured.XL_CREATE, "≤ 0.2", Measured.LIBXL_DESTROY, "≤ 0.5");

    private final Toolstack toolstack;
    private final LibxlBench libxl;
    private final Path xlj;
    private final int rounds;
    private final Set<String> wanted;
    private final List<String> rows = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();
    private final StringBuilder tables = new StringBuilder();

    private LabBench(Toolstack toolstack, LibxlBench libxl, Path xlj, int rounds, Set<String> wanted) {
        this.toolstack = toolstack;
        this.libxl = libxl;
        this.xlj = xlj;
        this.rounds = rounds;
        this.wanted = wanted;
    }

    /**
     * @param args the file to write, the program {@code xlj}, the number of rounds, a line about what is measured, and
     *     the names of the measurements, all if there are none
     */
    public static void main(String[] args) throws IOException {
        Path page = Path.of(args[0]);
        try (LibxlBench libxl = new LibxlBench();
                Toolstack toolstack = Toolstack.open()) {
            Set<String> wanted = Set.copyOf(Arrays.asList(args).subList(4, args.length));
            LabBench bench = new LabBench(toolstack, libxl, Path.of(args[1]), Integer.parseInt(args[2]), wanted);
            bench.measure(Files.createTempDirectory("bench"), () -> bench.write(page, args[3]));
        }
    }

    /** Written again after each measurement, so that a run that is cut off leaves what it has. */
    private void write(Path page, String about) {
        try {
            Files.writeString(page, page(about));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void measure(Path directory, Runnable save) {
        BenchGuest.Maker guests = new BenchGuest.Maker(directory, libxl);
        BenchGuest small = guests.small();
        // The most important ones first, since a run may be cut off.
        Map<String, Runnable> measurements = new LinkedHashMap<>();
        // The compiler needs some creates: without them, the interpreter is measured.
        measurements.put("small", () -> compare(small, WARM_UP, rounds, Comparison::withXl));
        measurements.put("vmlinux", () -> compare(guests.vmlinux(), 3, rounds * 2 / 3, Comparison::withXl));
        measurements.put("growth", () -> growth(guests.tiny()));
        measurements.put("steps-small", () -> steps(small, 0, rounds));
        measurements.put("steps-vmlinux", () -> steps(guests.vmlinux(), 0, rounds));
        measurements.put("shares", () -> shares(small));
        measurements.put("pool", () -> pooled(small));
        measurements.put("hvm", () -> compare(guests.hvm(), HVM_WARM_UP, rounds / 3, Comparison::withoutXl));
        measurements.put("hvm-root", () -> compare(guests.hvmAsRoot(), 1, rounds / 3, Comparison::withoutXl));
        measurements.put("steps-hvm", () -> steps(guests.hvm(), 1, rounds / 3));
        measurements.put("devices", () -> compare(guests.withDevices(), 1, rounds / 5, Comparison::withoutXl));
        measurements.put("steps-devices", () -> steps(guests.withDevices(), 0, rounds / 5));
        measurements.put("bzimage", () -> compare(guests.bzImage(), 2, rounds / 5, Comparison::withXl));
        measurements.put("qemu", () -> qemuAlone(guests.hvmAsRoot()));
        measurements.put("served", () -> served(small));
        measurements.put("cold", () -> coldStart(small));
        if (!measurements.keySet().containsAll(wanted)) {
            throw new IllegalArgumentException("the rows are " + measurements.keySet() + ", not all of " + wanted);
        }
        if (!wanted.isEmpty()) {
            measurements.keySet().retainAll(wanted);
        }
        measurements.forEach((name, measurement) -> {
            try {
                measurement.run();
            } catch (IllegalStateException | ToolstackException e) {
                // What was measured counts, and the others can be measured.
                say(name + " failed: " + e);
                notes.add("The measurement " + name + " ended early: " + e.getMessage());
            }
            save.run();
        });
    }

    private void compare(BenchGuest guest, int warmUp, int times, BiConsumer<Comparison, Integer> rounds) {
        say(guest.title());
        Comparison comparison = new Comparison(toolstack, libxl, guest);
        try {
            comparison.warmUp(warmUp);
            rounds.accept(comparison, Math.max(times, 3));
        } catch (IllegalStateException | ToolstackException e) {
            // On a busy machine a hotplug script may exceed libxl's limit of 40 s. What was measured counts.
            say(guest.title() + ": " + e.getMessage());
            notes.add(guest.title() + ": the measurement ended early.");
        }
        rows.addAll(comparison.rows(GOALS));
    }

    /** Creates from a pool that is full, by turns with libxl. */
    private void pooled(BenchGuest guest) {
        say("pool");
        Samples ours = new Samples();
        Samples theirs = new Samples();
        try (GuestPool pool = toolstack.pool(guest.config("like"), GuestPoolPolicy.of(1))) {
            for (int i = 0; i < Math.max(rounds, 3); i++) {
                awaitFull(pool);
                DomainConfig config = guest.config("pooled-" + i);
                long start = System.nanoTime();
                Domain domain = toolstack.create(config);
                ours.add((System.nanoTime() - start) / 1e6);
                awaitFull(pool);
                LibxlBench.Answer created = libxl.create(guest, "other-" + i);
                theirs.add(created.millis());
                libxl.destroy(created.value());
                domain.destroy();
            }
        }
        rows.add(Comparison.tableRow(
                guest.title() + ": create from a pool of prepared guests / libxl in process", theirs, ours, ""));
    }

    private void qemuAlone(BenchGuest guest) {
        say("QEMU alone");
        QemuAlone qemu = new QemuAlone(toolstack, libxl);
        qemu.measure(guest, Math.max(rounds / 3, 3));
        rows.add(qemu.row(guest));
    }

    private static void awaitFull(GuestPool pool) {
        try {
            if (!pool.awaitFull(Duration.ofMinutes(1))) {
                throw new IllegalStateException("nothing was prepared");
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private void steps(BenchGuest guest, int warmUp, int times) {
        say("steps of " + guest.title());
        new StepTimes().measure(toolstack, guest, warmUp);
        StepTimes steps = new StepTimes();
        steps.measure(toolstack, guest, Math.max(times, 3));
        tables.append("\n").append(steps.table(guest.title()));
    }

    private void shares(BenchGuest guest) {
        say("shares of " + guest.title());
        TimeShares shares = new TimeShares(libxl);
        shares.measure(guest, 3, rounds * 2 / 3);
        tables.append("\n").append(shares.table(guest.title()));
    }

    private void growth(BenchGuest guest) {
        say("growth");
        Growth growth = new Growth(toolstack, libxl, guest);
        try {
            for (int number : GUESTS) {
                growth.measure(number, Math.max(rounds / 3, 3));
            }
            growth.finish(Math.max(rounds / 3, 3));
        } finally {
            growth.destroyAll();
        }
        rows.addAll(growth.rows());
        tables.append("\n").append(growth.table());
    }

    /** Processes that start, do one thing and end. */
    private void coldStart(BenchGuest guest) {
        say("cold start");
        Samples ourCreate = new Samples();
        Samples xlCreate = new Samples();
        Samples ourList = new Samples();
        Samples xlList = new Samples();
        libxl.run(xlj + " --make-archive");
        // The first run fills the caches.
        libxl.run(xlj + " list");
        for (int i = 0; i < Math.max(rounds / 6, 2); i++) {
            xlCreate.add(libxl.run("xl create -q -p " + guest.file() + " name=\"cold\""));
            xlList.add(libxl.run("xl list"));
            libxl.run("xl destroy cold");
            ourCreate.add(libxl.run(xlj + " create -q -p " + guest.file() + " name=\"cold\""));
            ourList.add(libxl.run(xlj + " list"));
            toolstack.find("cold").ifPresent(Domain::destroy);
        }
        rows.add(Comparison.tableRow("cold `xlj create -p` / `xl create -p`", xlCreate, ourCreate, "≤ 6"));
        rows.add(Comparison.tableRow("cold `xlj list` / `xl list`", xlList, ourList, "≤ 6"));
        resident(guest, xlCreate, xlList);
    }

    /** The same commands in one process. */
    private void resident(BenchGuest guest, Samples xlCreate, Samples xlList) {
        say("resident");
        Samples create = new Samples();
        Samples list = new Samples();
        try (XljBatch batch = new XljBatch(xlj)) {
            for (int i = 0; i < WARM_UP + rounds; i++) {
                double created = batch.run("create -q -p " + guest.file() + " 'name=\"resident\"'");
                double listed = batch.run("list");
                batch.run("destroy resident");
                if (i >= WARM_UP) {
                    create.add(created);
                    list.add(listed);
                }
            }
        }
        rows.add(Comparison.tableRow("`create -p` in `xlj batch` / `xl create -p`", xlCreate, create, ""));
        rows.add(Comparison.tableRow("`list` in `xlj batch` / `xl list`", xlList, list, ""));
    }

    /** Processes that send the same commands to one that stays. */
    private void served(BenchGuest guest) {
        say("served");
        Samples ourCreate = new Samples();
        Samples xlCreate = new Samples();
        Samples ourList = new Samples();
        Samples xlList = new Samples();
        try (XljServe server = new XljServe(xlj)) {
            for (int i = 0; i < WARM_UP / 2 + rounds; i++) {
                double created = libxl.run(server.command() + " create -q -p " + guest.file() + " name=\"served\"");
                double listed = libxl.run(server.command() + " list");
                libxl.run(server.command() + " destroy served");
                if (i >= WARM_UP / 2) {
                    ourCreate.add(created);
                    ourList.add(listed);
                    xlCreate.add(libxl.run("xl create -q -p " + guest.file() + " name=\"served\""));
                    xlList.add(libxl.run("xl list"));
                    libxl.run("xl destroy served");
                }
            }
        }
        rows.add(Comparison.tableRow("`xlj create -p` by `xlj serve` / `xl create -p`", xlCreate, ourCreate, "≤ 6"));
        rows.add(Comparison.tableRow("`xlj list` by `xlj serve` / `xl list`", xlList, ourList, "≤ 6"));
    }

    private String page(String about) {
        return about + ". Measured on " + LocalDate.now(ZoneOffset.UTC) + " in one boot of Xen "
                + toolstack.host().xenVersion() + " in the lab, Java " + System.getProperty("java.version")
                + ". Times are in ms: the median, and the minimum in parentheses. *n* is the number of our runs.\n\n"
                + "| figure | n | libxl / xl | ours | ratio | goal |\n|---|---|---|---|---|---|\n"
                + String.join("\n", rows) + "\n" + tables
                + notes.stream().map(note -> "\n" + note + "\n").collect(Collectors.joining());
    }

    private static void say(String what) {
        System.out.println(
                "bench: " + what + " (" + ManagementFactory.getRuntimeMXBean().getUptime() / 1000 + " s)");
    }
}
