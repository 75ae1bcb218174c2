// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.bench;

import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.pod.GuardListener;
import org.xenjava.toolstack.pod.GuardPolicy;
import org.xenjava.toolstack.pod.GuardScope;
import org.xenjava.toolstack.pod.PodGuard;

/** The growth of create, destroy and list with the number of living guests. */
final class Growth {
    /** The largest number of guests. */
    static final int MOST = 48;

    private final Toolstack toolstack;
    private final LibxlBench libxl;
    private final BenchGuest guest;
    private final List<Domain> alive = new ArrayList<>();
    private final Map<Integer, Point> points = new LinkedHashMap<>();
    private final Samples guardRound = new Samples();
    private final Samples podCheck = new Samples();
    private final Samples firstList = new Samples();
    private final StringBuilder shares = new StringBuilder();

    /** The times with one number of guests. */
    private static final class Point {
        private final Comparison builds;
        private final Samples ourList = new Samples();
        private final Samples libxlList = new Samples();

        private Point(Comparison builds) {
            this.builds = builds;
        }
    }

    Growth(Toolstack toolstack, LibxlBench libxl, BenchGuest guest) {
        this.toolstack = toolstack;
        this.libxl = libxl;
        this.guest = guest;
    }

    /**
     * Measures the create of the n-th guest, and the list of n.
     *
     * @param number n
     */
    void measure(int number, int rounds) {
        Point point = new Point(new Comparison(toolstack, libxl, guest));
        fill(number - 1);
        for (int i = 0; i < rounds; i++) {
            point.builds.ours();
            point.builds.libxl();
        }
        point.builds.xl();
        if (number == 1 || number == MOST) {
            TimeShares times = new TimeShares(libxl);
            times.measure(guest, 1, 2 * rounds);
            shares.append("\n").append(times.table(guest.title() + " beside " + (number - 1) + " others"));
        }
        fill(number);
        for (int i = 0; i < 2 * rounds; i++) {
            long start = System.nanoTime();
            toolstack.statuses();
            point.ourList.add((System.nanoTime() - start) / 1e6);
            point.libxlList.add(libxl.list().millis());
        }
        points.put(number, point);
    }

    private void fill(int number) {
        while (alive.size() < number) {
            alive.add(toolstack.create(guest.config("alive-" + alive.size())));
        }
    }

    /** Measures a round of the guard, pod-check and the first list of a toolstack over all guests. */
    void finish(int rounds) {
        PodGuard guard = toolstack.newGuard(GuardPolicy.standard(), GuardScope.ALL, GuardListener.NONE);
        Instant now = Instant.now();
        for (int i = 0; i < rounds; i++) {
            // Every guest is due again.
            now = now.plusSeconds(600);
            long start = System.nanoTime();
            guard.tick(now);
            long ticked = System.nanoTime();
            toolstack.podStatuses(failure -> {
                throw failure;
            });
            guardRound.add((ticked - start) / 1e6);
            podCheck.add((System.nanoTime() - ticked) / 1e6);
        }
        for (int i = 0; i < rounds; i++) {
            try (Toolstack fresh = Toolstack.open()) {
                long start = System.nanoTime();
                fresh.statuses();
                firstList.add((System.nanoTime() - start) / 1e6);
            }
        }
    }

    /** Destroys the guests, also those of a measurement that failed. */
    void destroyAll() {
        alive.forEach(Domain::destroy);
        alive.clear();
    }

    /** The rows of the main table. */
    List<String> rows() {
        int first = points.keySet().iterator().next();
        int last = points.keySet().stream().mapToInt(Integer::intValue).max().orElseThrow();
        Point one = points.get(first);
        Point many = points.get(last);
        return List.of(
                String.format(
                        Locale.ROOT,
                        "| %s: create of guest %d : guest %d | %d | %s | %s | | ≤ 1.1 |",
                        guest.title(),
                        last,
                        first,
                        many.builds.of(Comparison.Measured.OUR_CREATE).count(),
                        growth(one, many, Comparison.Measured.LIBXL_CREATE),
                        growth(one, many, Comparison.Measured.OUR_CREATE)),
                Comparison.tableRow(
                        "list of " + last + " guests, repeated / libxl", many.libxlList, many.ourList, "≤ 0.3"),
                Comparison.tableRow(
                        "list of " + last + " guests, the first of a toolstack / libxl",
                        many.libxlList,
                        firstList,
                        ""));
    }

    private static String growth(Point one, Point many, Comparison.Measured measured) {
        return many.builds.of(measured).ratioTo(one.builds.of(measured));
    }

    /** The table of all numbers of guests. */
    String table() {
        StringBuilder text = new StringBuilder("| guests | our create | libxl create | `xl create -p` | our list "
                + "| libxl list | our destroy | libxl destroy |\n|---|---|---|---|---|---|---|---|\n");
        points.forEach((number, point) -> {
            text.append("| ").append(number);
            cell(text, point.builds.of(Comparison.Measured.OUR_CREATE));
            cell(text, point.builds.of(Comparison.Measured.LIBXL_CREATE));
            cell(text, point.builds.of(Comparison.Measured.XL_CREATE));
            cell(text, point.ourList);
            cell(text, point.libxlList);
            cell(text, point.builds.of(Comparison.Measured.OUR_DESTROY));
            cell(text, point.builds.of(Comparison.Measured.LIBXL_DESTROY));
            text.append(" |\n");
        });
        int last = points.keySet().stream().mapToInt(Integer::intValue).max().orElseThrow();
        return text + "\nWith " + last + " guests, a round of the guard with all guests due takes " + guardRound.text()
                + " ms, pod-check of all " + podCheck.text() + " ms.\n" + shares;
    }

    private static void cell(StringBuilder text, Samples samples) {
        text.append(" | ").append(samples.text());
    }
}
