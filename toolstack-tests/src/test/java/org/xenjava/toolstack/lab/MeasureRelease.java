// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.lab;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.config.xl.XlConfigReader;
import org.xenjava.toolstack.matrix.Cell;
import org.xenjava.toolstack.matrix.Column;
import org.xenjava.toolstack.matrix.Driver;
import org.xenjava.toolstack.matrix.Experiment;
import org.xenjava.toolstack.matrix.Finding;
import org.xenjava.toolstack.matrix.Matrix;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;
import org.xenjava.toolstack.xenctrl.lib.jna.JnaXen;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.PodCounters;

/**
 * Builds and boots the same PoD guests on the Xen below, and writes what was seen to a file of its release; {@code
 * lab/releases} starts this in the lab's dom0, once for each release.
 */
public final class MeasureRelease {
    private static final String NAME = "release";
    private static final long MEMORY_MIB = 256;
    private static final long MAX_MEMORY_MIB = 512;
    private static final long GROWN_MIB = 320;
    private static final long[] SHORTFALLS = {0, 256, 257};
    private static final long GUARDED_SHORTFALL = 4096;

    private final Toolstack toolstack;
    private final Xenctrl xenctrl;
    private final Map<String, String> rows = new LinkedHashMap<>();

    private MeasureRelease(Toolstack toolstack, XenLibraries libraries) {
        this.toolstack = toolstack;
        this.xenctrl = Xenctrl.open(libraries);
    }

    /** @param args the directory of the results, and the page with all of them */
    public static void main(String[] args) {
        Path directory = Path.of(args[0]);
        try (XenLibraries libraries = JnaXen.open();
                Toolstack toolstack = Toolstack.open()) {
            MeasureRelease release = new MeasureRelease(toolstack, libraries);
            release.measure();
            ReleasesPage.save(directory.resolve(release.xenctrl.abi().release() + ".txt"), release.rows);
        }
        ReleasesPage.of(directory).write(Path.of(args[1]));
    }

    private void measure() {
        row("Xen", () -> toolstack.host().xenVersion());
        row("dom0", () -> System.getenv("LAB_SUITE"));
        row("measured on", () -> LocalDate.now(ZoneOffset.UTC).toString());
        row("commit of xlj", () -> System.getProperty("commit"));
        row("domctl version", () -> hex("XEN_DOMCTL_INTERFACE_VERSION"));
        row("sysctl version", () -> hex("XEN_SYSCTL_INTERFACE_VERSION"));
        boolean xlWorks = xenctrl.abi().release().toString().equals(System.getenv("LAB_XEN_VERSION"));
        for (DomainType type : List.of(DomainType.PVH, DomainType.HVM)) {
            guest(
                    type,
                    "xlj",
                    () -> toolstack.create(XlConfigReader.read(config(type)).config()));
            if (xlWorks) {
                guest(type, "xl", () -> {
                    Dom0.xl("create", "-q", "-p", config(type).toString());
                    return toolstack.find(NAME).orElseThrow();
                });
            }
            resizedWhileBooting(type);
            cells(type);
        }
    }

    private String hex(String constant) {
        return "0x" + Long.toHexString(xenctrl.abi().constant(constant));
    }

    /** The counters of a guest from its build to the end of its ballooning, and whether it can use all it has then. */
    private void guest(DomainType type, String builder, Supplier<Domain> create) {
        String prefix = type + " by " + builder + ", ";
        Domain[] created = new Domain[1];
        row(prefix + "built", () -> {
            created[0] = create.get();
            return counters(created[0]);
        });
        if (created[0] == null) {
            return;
        }
        Domain domain = created[0];
        try {
            row(prefix + "ballooned", () -> {
                PodGuest.boot(domain).balloon(0);
                return counters(domain);
            });
            row(prefix + "all memory filled", () -> {
                PodGuest.running(domain).fillOrDie(domain);
                return outcome(domain) + ", " + counters(domain);
            });
        } finally {
            domain.destroy();
        }
    }

    /** Raises the target of a guest that has not begun to balloon. */
    private void resizedWhileBooting(DomainType type) {
        row(type + ", mem-set " + GROWN_MIB + " MiB during boot", () -> {
            Domain domain = toolstack.create(XlConfigReader.read(config(type)).config());
            try {
                PodGuest guest = PodGuest.boot(domain);
                domain.memory().set(KiB.ofMiB(GROWN_MIB));
                guest.balloon(0);
                guest.fillOrDie(domain);
                return outcome(domain) + ", " + counters(domain);
            } finally {
                domain.destroy();
            }
        });
    }

    private static String outcome(Domain domain) {
        return domain.status()
                .shutdownReason()
                .map(reason -> "crashes: " + reason)
                .orElse("runs");
    }

    private void cells(DomainType type) {
        Stream<Cell> standard =
                LongStream.of(SHORTFALLS).mapToObj(pages -> Matrix.cell(type, Driver.shortBy(pages), Column.STANDARD));
        Cell guarded = Matrix.cell(type, Driver.shortBy(GUARDED_SHORTFALL), Column.GUARDED);
        Stream.concat(standard, Stream.of(guarded))
                .forEach(cell -> row(
                        type + ", " + cell.driver() + " pages short, "
                                + cell.column().title(),
                        () -> {
                            try (RealBench bench = new RealBench(cell)) {
                                Finding finding = Experiment.run(cell, bench);
                                return (finding.lived() ? "runs" : "crashes") + ", debt " + finding.debt()
                                        + (finding.lent() > 0 ? ", " + finding.lent() + " lent" : "");
                            }
                        }));
    }

    private String counters(Domain domain) {
        PodCounters counters = xenctrl.memory().podTarget(domain.domid());
        return "tot %d, cache %d, entries %d, debt %d, max %d"
                .formatted(
                        counters.totPages(),
                        counters.cachePages(),
                        counters.entries(),
                        counters.debt(),
                        domain.memory().status().maxPages().count());
    }

    private static Path config(DomainType type) {
        String machine =
                switch (type) {
                    case PVH, PV -> "kernel=\"%s\"".formatted(PodGuest.PROGRAM);
                    case HVM ->
                        "firmware_override=\"%s\"\nvga=\"stdvga\"\nvideoram=16\nvnc=0".formatted(PodGuest.PROGRAM);
                };
        try {
            return Files.writeString(
                    Files.createTempFile(NAME, ".cfg"),
                    """
                    name="%s"
                    type="%s"
                    %s
                    memory=%d
                    maxmem=%d
                    vcpus=1
                    on_crash="preserve"
                    """
                            .formatted(NAME, type.word(), machine, MEMORY_MIB, MAX_MEMORY_MIB));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A failure is a result, too: the other rows are measured all the same. */
    private void row(String name, Supplier<String> value) {
        String seen;
        try {
            seen = value.get();
        } catch (RuntimeException | AssertionError e) {
            seen = "FAILED: "
                    + String.valueOf(e.getMessage()).lines().findFirst().orElse("") + " ("
                    + e.getClass().getSimpleName() + ")";
        }
        Dom0.report(name + ": " + seen);
        rows.put(name, seen);
    }
}
