// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.bench;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.Toolstack;

/** Builds and destroys one guest by turns with every toolstack, so that all of them see the same machine. */
final class Comparison {
    private final Toolstack toolstack;
    private final LibxlBench libxl;
    private final Map<Measured, Samples> samples = new EnumMap<>(Measured.class);
    private final BenchGuest guest;
    private int serial;

    /** The measured operation. */
    enum Measured {
        OUR_CREATE,
        LIBXL_CREATE,
        XL_CREATE,
        OUR_DESTROY,
        LIBXL_DESTROY
    }

    Comparison(Toolstack toolstack, LibxlBench libxl, BenchGuest guest) {
        this.toolstack = toolstack;
        this.libxl = libxl;
        this.guest = guest;
    }

    /** Runs without measuring, for the JVM's compiler and the caches of both sides. */
    void warmUp(int rounds) {
        for (int i = 0; i < rounds; i++) {
            toolstack.create(guest.config(name())).destroy();
        }
        libxl.destroy(libxl.create(guest, name()).value());
    }

    void withXl(int rounds) {
        for (int i = 0; i < rounds; i++) {
            ours();
            libxl();
            xl();
        }
    }

    void withoutXl(int rounds) {
        for (int i = 0; i < rounds; i++) {
            ours();
            libxl();
        }
    }

    void ours() {
        var config = guest.config(name());
        long start = System.nanoTime();
        Domain domain = toolstack.create(config);
        long built = System.nanoTime();
        domain.destroy();
        add(Measured.OUR_CREATE, (built - start) / 1e6);
        add(Measured.OUR_DESTROY, (System.nanoTime() - built) / 1e6);
    }

    void libxl() {
        LibxlBench.Answer created = libxl.create(guest, name());
        add(Measured.LIBXL_CREATE, created.millis());
        add(Measured.LIBXL_DESTROY, libxl.destroy(created.value()).millis());
    }

    void xl() {
        String name = name();
        add(Measured.XL_CREATE, libxl.run("xl create -q -p " + guest.file() + " name=\"" + name + "\""));
        libxl.run("xl destroy " + name);
    }

    private String name() {
        return "bench-" + serial++;
    }

    private void add(Measured measured, double millis) {
        samples.computeIfAbsent(measured, unused -> new Samples()).add(millis);
    }

    Samples of(Measured measured) {
        return samples.get(measured);
    }

    /** The rows of the table: one for each of the others that ours is compared with. */
    List<String> rows(Map<Measured, String> goals) {
        List<String> rows = new ArrayList<>();
        row(rows, "create / libxl in process", Measured.OUR_CREATE, Measured.LIBXL_CREATE, goals);
        row(rows, "create / `xl create -p` process", Measured.OUR_CREATE, Measured.XL_CREATE, goals);
        row(rows, "destroy / libxl in process", Measured.OUR_DESTROY, Measured.LIBXL_DESTROY, goals);
        return rows;
    }

    private void row(List<String> rows, String what, Measured ours, Measured other, Map<Measured, String> goals) {
        if (samples.containsKey(other) && samples.containsKey(ours)) {
            rows.add(tableRow(guest.title() + ": " + what, of(other), of(ours), goals.getOrDefault(other, "")));
        }
    }

    static String tableRow(String what, Samples other, Samples ours, String goal) {
        return String.format(
                Locale.ROOT,
                "| %s | %d | %s | %s | %s | %s |",
                what,
                ours.count(),
                other.text(),
                ours.text(),
                ours.ratioTo(other),
                goal);
    }
}
