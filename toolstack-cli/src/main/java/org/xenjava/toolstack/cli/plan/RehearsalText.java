// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.plan;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;
import org.xenjava.toolstack.cli.output.StyledLine;
import org.xenjava.toolstack.cli.output.Words;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.memory.PodPolicy;
import org.xenjava.toolstack.rehearsal.GuestDriver;
import org.xenjava.toolstack.rehearsal.PolicyTerms;
import org.xenjava.toolstack.rehearsal.Rehearsal;
import org.xenjava.toolstack.rehearsal.RehearsalTrial;
import org.xenjava.toolstack.rehearsal.RehearsalTrial.Outcome;
import org.xenjava.toolstack.rehearsal.RehearsedMigration;
import org.xenjava.toolstack.xenctrl.units.Pages;

/** Shows a rehearsal on one screen: a row for each balloon driver, a column for each policy. */
final class RehearsalText {
    private static final int NAME_WIDTH = 22;
    private static final int CELL_WIDTH = 18;
    private static final int VERDICT_WIDTH = 10;
    private static final int GAP = 2;
    private static final int TERM_WIDTH = 11;

    private final Rehearsal rehearsal;
    private final List<StyledLine> lines = new ArrayList<>();

    private RehearsalText(Rehearsal rehearsal) {
        this.rehearsal = rehearsal;
    }

    static List<StyledLine> of(Rehearsal rehearsal) {
        RehearsalText text = new RehearsalText(rehearsal);
        text.introduction();
        text.terms();
        text.trials();
        text.explanations();
        text.crashMessage();
        text.conclusion();
        text.substitutes();
        return List.copyOf(text.lines);
    }

    static String of(RehearsedMigration result) {
        return "The guest migrated: " + result.copied() + " copied while it ran (pass 1 to " + result.passes() + "), "
                + result.copiedSuspended() + " while it was suspended. "
                + (result.lost() == 0 ? "No page" : Pages.of(result.lost())) + " lost what the guest wrote.";
    }

    /** The name of a policy in the output. */
    static String name(PolicyTerms terms) {
        return isOurs(terms) ? "xlj" : terms.policy();
    }

    static boolean isOurs(PolicyTerms terms) {
        return terms.policy().equals(PodPolicy.standard().name());
    }

    private void introduction() {
        DomainConfig guest = rehearsal.guest();
        add(guest.name() + ": " + guest.type() + ", memory " + Words.size(guest.memory()) + ", maxmem "
                + Words.size(guest.maxMemory()) + ". xlj builds it on a simulated Xen by each of three");
        add("rules. With each balloon driver it boots, balloons and then fills all of its memory.");
        add("");
    }

    private void terms() {
        row("", (line, terms) -> line.styled("bold", right(name(terms), CELL_WIDTH)));
        row(
                "Xen is told to back",
                (line, terms) ->
                        line.plain(right(terms.podTarget().map(Pages::toString).orElse("all"), CELL_WIDTH)));
        row(
                "the guest is told",
                (line, terms) -> line.plain(right(terms.bootTarget().toPages().toString(), CELL_WIDTH)));
        row("slack", (line, terms) -> line.plain(right(terms.slack().toString(), CELL_WIDTH)));
        add("");
    }

    private void trials() {
        for (GuestDriver driver : rehearsal.drivers()) {
            row(driver.name(), (line, terms) -> cell(line, rehearsal.trial(driver, terms)));
        }
        rehearsal
                .backedBoot()
                .ifPresent(trial -> row("  with a backed boot", (line, terms) -> backed(line, terms, trial)));
        add("");
    }

    private void row(String name, BiConsumer<StyledLine, PolicyTerms> cell) {
        StyledLine line = new StyledLine().plain(left(name, NAME_WIDTH));
        rehearsal.terms().forEach(terms -> cell.accept(line, terms));
        lines.add(line);
    }

    private static void cell(StyledLine line, RehearsalTrial trial) {
        String verdict = trial.outcome() == Outcome.LIVED ? "survives" : "CRASHES";
        String pages = trial.sparePages() == 0 ? "0" : String.format(Locale.ROOT, "%+d", trial.sparePages());
        line.plain(" ".repeat(GAP))
                .styled(style(trial), left(isLucky(trial) ? verdict + " *" : verdict, VERDICT_WIDTH))
                .plain(right(pages, CELL_WIDTH - VERDICT_WIDTH - GAP));
    }

    private static void backed(StyledLine line, PolicyTerms terms, RehearsalTrial trial) {
        if (isOurs(terms)) {
            cell(line, trial);
        } else {
            line.plain(" ".repeat(CELL_WIDTH));
        }
    }

    private static String style(RehearsalTrial trial) {
        if (trial.outcome() == Outcome.CRASHED) {
            return "bold,red";
        }
        return isLucky(trial) ? "yellow" : "green";
    }

    private static boolean isLucky(RehearsalTrial trial) {
        return trial.outcome() == Outcome.LIVED && trial.sparePages() < 0;
    }

    private void explanations() {
        rehearsal
                .terms()
                .forEach(terms -> lines.add(new StyledLine()
                        .styled("bold", left(name(terms), TERM_WIDTH))
                        .plain(meaning(terms))));
        add(left("+", TERM_WIDTH) + "spare pages: the guest would survive a driver that freed this many fewer");
        add(left("-", TERM_WIDTH) + "frames without a page: a guest that fills its memory crashes");
        if (rehearsal.trials().stream().anyMatch(RehearsalText::isLucky)) {
            add(left("*", TERM_WIDTH) + "survived only because Xen found enough zeroed pages to reclaim");
        }
        add("");
    }

    private static String meaning(PolicyTerms terms) {
        if (terms.podTarget().isEmpty()) {
            return "memory is maxmem: every frame has its page from the start";
        }
        if (isOurs(terms)) {
            return "slack in what Xen is told, none in what the guest is told";
        }
        if (terms.policy().equals(PodPolicy.libxl().name())) {
            return terms.slack().equals(Pages.ZERO)
                    ? "xl: has slack for HVM guests only"
                    : "xl: the guest is told less than its configuration asks for";
        }
        return "before XSA-153: Xen backs what the guest is told, without slack";
    }

    private void crashMessage() {
        rehearsal.trials().stream()
                .flatMap(trial -> trial.crash().stream())
                .limit(1)
                .forEach(this::add);
    }

    private void conclusion() {
        rehearsal.terms().stream()
                .filter(RehearsalText::isOurs)
                .filter(terms -> terms.podTarget().isPresent())
                .forEach(this::conclusion);
    }

    private void conclusion(PolicyTerms terms) {
        if (rehearsal.keepsItsPromise(terms)) {
            add("Guests built by xlj survive a balloon driver that stops up to " + terms.slack() + " short.");
            add("Use xlj pod-check to find guests that are further short.");
            rehearsal.backedBoot().ifPresent(this::backedBoot);
        } else {
            lines.add(new StyledLine()
                    .styled("bold,red", "A guest built by xlj has crashed although its driver stopped no more than ")
                    .plain(terms.slack() + " short!"));
        }
    }

    private void backedBoot(RehearsalTrial trial) {
        long lent = trial.terms().toFree().minus(trial.terms().slack()).count();
        add("With a backed boot the host lends " + Pages.of(lent) + " until the driver has freed them, and no load");
        add("crashes the guest. This is the default of xlj create if the host has the memory.");
    }

    private void substitutes() {
        if (!rehearsal.missingFiles().isEmpty()) {
            String files = rehearsal.missingFiles().stream().map(Path::toString).collect(Collectors.joining(" and "));
            add("Not on this machine: " + files + "; a kernel that halts takes its place.");
        }
    }

    private void add(String line) {
        lines.add(new StyledLine().plain(line));
    }

    private static String left(String text, int width) {
        return String.format(Locale.ROOT, "%-" + width + "s", text);
    }

    private static String right(String text, int width) {
        return String.format(Locale.ROOT, "%" + width + "s", text);
    }
}
