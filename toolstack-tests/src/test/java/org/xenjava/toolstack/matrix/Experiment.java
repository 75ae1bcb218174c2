// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.matrix;

import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.pod.GuardEvent;
import org.xenjava.toolstack.pod.GuardState;
import org.xenjava.toolstack.pod.PodRemedy;
import org.xenjava.toolstack.pod.PodStatus;
import org.xenjava.toolstack.xenctrl.units.Pages;

/** The operations on one guest, the same on every bench. */
public final class Experiment {
    /** A guard that has decided nothing by then never will; a {@link Bench#pass} takes part of a second. */
    private static final int MOST_PASSES = 1000;

    private final Cell cell;
    private final Bench bench;
    private final AtomicReference<Optional<GuardEvent>> lastEvent = new AtomicReference<>(Optional.empty());

    private Experiment(Cell cell, Bench bench) {
        this.cell = cell;
        this.bench = bench;
    }

    /** Builds the guest, boots it, lets it balloon and the guard act, loads it, and destroys it. */
    public static Finding run(Cell cell, Bench bench) {
        return new Experiment(cell, bench).run();
    }

    private Finding run() {
        if (cell.guarded()) {
            bench.guard(event -> lastEvent.set(Optional.of(event)));
        }
        Domain domain = bench.create();
        try {
            bench.boot(domain);
            Optional<GuardEvent> guarded = cell.guarded() ? Optional.of(awaitGuard()) : Optional.empty();
            PodStatus settled = domain.pod().status();
            bench.load(domain);
            return new Finding(
                    settled.totPages().count(),
                    settled.debtPages(),
                    guarded.map(GuardEvent::coveredPages)
                            .orElse(domain.pod().lent().count()),
                    guarded.map(Experiment::words),
                    lastWords(domain));
        } finally {
            domain.destroy();
        }
    }

    /** The guard's last word, as the results of real Xen have it. */
    private static String words(GuardEvent event) {
        String words =
                switch (event.to()) {
                    case SETTLED -> "every entry has its page: no load in the guest can crash it";
                    case COVERED ->
                        "the host lends it " + Pages.of(event.coveredPages()) + " that its driver has not freed";
                    case GAVE_UP ->
                        Pages.of(event.debtPages()) + " short and not covered: "
                                + event.refusal().orElseThrow() + "; free memory or raise the budget, or "
                                + command(event.remedy().orElseThrow());
                    default -> "no end";
                };
        return event.to() + ": " + words;
    }

    private static String command(PodRemedy remedy) {
        return remedy instanceof PodRemedy.LowerTarget lower
                ? "try xenstore-write /local/domain/" + lower.domid() + "/memory/target "
                        + lower.target().value()
                : "stop it while it can still stop in order: xl shutdown " + remedy.domid();
    }

    private GuardEvent awaitGuard() {
        for (int pass = 0; pass < MOST_PASSES; pass++) {
            Optional<GuardEvent> end = lastEvent.get().filter(event -> isEnd(event.to()));
            if (end.isPresent()) {
                return end.get();
            }
            bench.pass();
        }
        throw new AssertionError(cell + ": the guard comes to no end: " + lastEvent.get());
    }

    private static boolean isEnd(GuardState state) {
        return switch (state) {
            case SETTLED, COVERED, OVERDUE, GAVE_UP -> true;
            case BOOTING, BALLOONING, SHORT, NUDGED, GONE -> false;
        };
    }

    private Optional<String> lastWords(Domain domain) {
        if (domain.status().shutdownReason().isEmpty()) {
            return Optional.empty();
        }
        String words = "Dom" + domain.domid() + " out of PoD memory!";
        return Optional.of(bench.console()
                .lines()
                .filter(line -> line.contains(words))
                .findFirst()
                .map(line -> line.substring(line.indexOf("p2m_pod_demand_populate")))
                .orElseThrow(
                        () -> new AssertionError(cell + ": the guest has stopped, and Xen has not said " + words)));
    }
}
