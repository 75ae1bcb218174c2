// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.plan;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.memory.PodPolicy;
import org.xenjava.toolstack.rehearsal.GuestDriver;
import org.xenjava.toolstack.rehearsal.PolicyTerms;
import org.xenjava.toolstack.rehearsal.Rehearsal;
import org.xenjava.toolstack.rehearsal.RehearsalTrial;
import org.xenjava.toolstack.rehearsal.RehearsalTrial.Outcome;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;
import picocli.CommandLine.Help.Ansi;

/** A rehearsal on one screen: a row per balloon driver, a column per policy. */
final class RehearsalText {
    private static final int NAME_WIDTH = 22;
    private static final int CELL_WIDTH = 18;
    private static final int VERDICT_WIDTH = 8;
    private static final int TERM_WIDTH = 11;

    private final Rehearsal rehearsal;
    private final Ansi ansi;
    private final List<String> lines = new ArrayList<>();

    private RehearsalText(Rehearsal rehearsal, Ansi ansi) {
        this.rehearsal = rehearsal;
        this.ansi = ansi;
    }

    static List<String> of(Rehearsal rehearsal, Ansi ansi) {
        RehearsalText text = new RehearsalText(rehearsal, ansi);
        text.introduction();
        text.terms();
        text.trials();
        text.explanations();
        text.lastWords();
        text.conclusion();
        text.standIns();
        return text.lines.stream().map(String::stripTrailing).toList();
    }

    /** The name of a policy in this program. */
    static String name(PolicyTerms terms) {
        return isOurs(terms) ? "xlj" : terms.policy();
    }

    static boolean isOurs(PolicyTerms terms) {
        return terms.policy().equals(PodPolicy.standard().name());
    }

    private void introduction() {
        DomainConfig guest = rehearsal.guest();
        lines.add(guest.name() + ": " + guest.type() + ", memory " + mib(guest.memory()) + ", maxmem "
                + mib(guest.maxMemory()) + ". On a Xen that is embedded in xlj it is built by three");
        lines.add("rules; with each balloon driver it boots, balloons, and fills all of its memory.");
        lines.add("");
    }

    private static String mib(KiB amount) {
        return amount.toMiB() + " MiB";
    }

    private void terms() {
        row("", terms -> styled("bold", right(name(terms), CELL_WIDTH)));
        row(
                "Xen is told to back",
                terms -> right(terms.podTarget().map(Pages::toString).orElse("all"), CELL_WIDTH));
        row("the guest is told", terms -> right(terms.bootTarget().toPages().toString(), CELL_WIDTH));
        row("slack", terms -> right(terms.slack().toString(), CELL_WIDTH));
        lines.add("");
    }

    private void trials() {
        for (GuestDriver driver : rehearsal.drivers()) {
            row(driver.name(), terms -> cell(rehearsal.trial(driver, terms)));
        }
        lines.add("");
    }

    private void row(String name, Function<PolicyTerms, String> cell) {
        lines.add(left(name, NAME_WIDTH) + rehearsal.terms().stream().map(cell).collect(Collectors.joining()));
    }

    private String cell(RehearsalTrial trial) {
        String verdict = trial.outcome() == Outcome.LIVED ? "lives" : "CRASHES";
        String pages = trial.sparePages() == 0 ? "0" : String.format(Locale.ROOT, "%+d", trial.sparePages());
        return "  " + styled(style(trial), left(isLucky(trial) ? verdict + " *" : verdict, VERDICT_WIDTH))
                + right(pages, CELL_WIDTH - VERDICT_WIDTH - 2);
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
        rehearsal.terms().forEach(terms -> lines.add(styled("bold", left(name(terms), TERM_WIDTH)) + meaning(terms)));
        lines.add(left("+", TERM_WIDTH) + "pages to spare: so many fewer might its driver have freed");
        lines.add(left("-", TERM_WIDTH) + "frames without a page: whatever fills the memory kills the guest");
        if (rehearsal.trials().stream().anyMatch(RehearsalText::isLucky)) {
            lines.add(left("*", TERM_WIDTH) + "this time, Xen found as many pages of zeroes to take back");
        }
        lines.add("");
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
                    ? "xl, to this day: its slack is for HVM guests only"
                    : "xl: the guest is told less than was asked for";
        }
        return "before XSA-153: Xen backs what the guest is told, and no page more";
    }

    private void lastWords() {
        rehearsal.trials().stream()
                .flatMap(trial -> trial.crash().stream())
                .limit(1)
                .forEach(lines::add);
    }

    private void conclusion() {
        rehearsal.terms().stream()
                .filter(RehearsalText::isOurs)
                .filter(terms -> terms.podTarget().isPresent())
                .forEach(terms -> lines.add(
                        rehearsal.keepsItsPromise(terms)
                                ? "With xlj, every guest lives that is at most " + terms.slack()
                                        + " short; pod-check tells of the others."
                                : styled("bold,red", "With xlj, a guest has died that was not short of more than ")
                                        + terms.slack() + "!"));
    }

    private void standIns() {
        if (!rehearsal.missingFiles().isEmpty()) {
            String files = rehearsal.missingFiles().stream().map(Path::toString).collect(Collectors.joining(" and "));
            lines.add("Not here: " + files + "; a kernel that halts stood in.");
        }
    }

    private String styled(String style, String text) {
        return ansi.string("@|" + style + " " + text + "|@");
    }

    private static String left(String text, int width) {
        return String.format(Locale.ROOT, "%-" + width + "s", text);
    }

    private static String right(String text, int width) {
        return String.format(Locale.ROOT, "%" + width + "s", text);
    }
}
