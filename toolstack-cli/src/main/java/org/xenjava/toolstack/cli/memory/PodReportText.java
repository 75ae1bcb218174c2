// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.memory;

import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.xenjava.toolstack.DomainOrigin;
import org.xenjava.toolstack.DomainStatus;
import org.xenjava.toolstack.PodReport;
import org.xenjava.toolstack.cli.command.PodNumbers;
import org.xenjava.toolstack.cli.output.Json;
import org.xenjava.toolstack.cli.output.Words;
import org.xenjava.toolstack.pod.GuardStatus.Inspection;
import org.xenjava.toolstack.pod.PodStatus;
import org.xenjava.toolstack.pod.PodVerdict;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;

/** The report of {@code pod-check --explain} on a domain. */
final class PodReportText {
    private PodReportText() {}

    static List<String> of(PodReport report) {
        List<String> lines = new ArrayList<>();
        DomainStatus domain = report.domain();
        lines.add("%s: %s, built by %s"
                .formatted(Words.domain(domain.domid(), domain.name()), kind(report), builder(report.origin())));
        report.counters().ifPresent(pod -> {
            row(lines, "owns", pod.totPages() + cache(pod));
            report.told()
                    .ifPresent(told -> row(
                            lines,
                            "is told",
                            "%s; it owns %s, and may own %s"
                                    .formatted(
                                            told.toPages(),
                                            beyond(report.ownedBeyondTarget().orElse(0L)),
                                            beyond(report.limitBeyondTarget().orElse(0L)))));
            row(lines, "debt", Words.pages(pod.debtPages()));
            row(
                    lines,
                    "vm_event",
                    switch (report.inspection()) {
                        case NONE -> "no monitor attached";
                        case ATTACHED ->
                            "a monitor is attached: the advisory leaves open whether that undoes its workaround";
                    });
        });
        String key = "verdict";
        for (String line : PodCheck.of(report).lines()) {
            row(lines, key, line);
            key = "";
        }
        report.remedy().map(Remedies::command).ifPresent(command -> row(lines, "remedy", command));
        return lines;
    }

    /** A report as JSON. */
    static JsonObject document(PodReport report) {
        record Subject(int domid, String name, String kind, DomainOrigin origin, Pages maxPages) {}
        record Finding(
                Optional<KiB> toldKib,
                Optional<Long> ownedBeyondTargetPages,
                Optional<Long> limitBeyondTargetPages,
                boolean vmEvent,
                PodVerdict verdict,
                String words,
                Optional<String> remedy) {}
        DomainStatus domain = report.domain();
        return Json.join(
                new Subject(
                        domain.domid(),
                        domain.name(),
                        domain.domid() == 0 ? "dom0" : Words.of(domain.kind()),
                        report.origin(),
                        domain.maxPages()),
                report.counters().map(PodNumbers::of).orElseGet(() -> PodNumbers.without(domain.totPages())),
                new Finding(
                        report.told(),
                        report.ownedBeyondTarget(),
                        report.limitBeyondTarget(),
                        report.inspection() == Inspection.ATTACHED,
                        report.counters().map(PodStatus::verdict).orElse(PodVerdict.NOT_VULNERABLE),
                        String.join("; ", PodCheck.of(report).lines()),
                        report.remedy().map(Remedies::command)));
    }

    private static String builder(DomainOrigin origin) {
        return switch (origin) {
            case HOST -> "Xen at boot";
            case XENJAVA -> "xlj or its library";
            case LIBVIRT -> "libvirt";
            case LIBXL -> "libxl, which is xl or another user of it";
            case XEND -> "xend";
            case UNKNOWN -> "an unknown toolstack";
        };
    }

    private static void row(List<String> lines, String key, String value) {
        lines.add(String.format(Locale.ROOT, "  %-9s %s", key, value));
    }

    private static String cache(PodStatus pod) {
        boolean podIsOver = pod.cache().count() == 0 && pod.entries().count() == 0;
        return podIsOver
                ? ""
                : ", of which %d wait for one of %d entries"
                        .formatted(pod.cache().count(), pod.entries().count());
    }

    private static String beyond(long pages) {
        return pages < 0 ? -pages + " fewer" : pages + " more";
    }

    private static String kind(PodReport report) {
        if (report.domain().domid() == 0) {
            return "dom0";
        }
        String kind = report.domain().kind().name();
        if (report.counters().isEmpty()) {
            return kind;
        }
        return kind + (report.hasEntries() ? " with populate-on-demand" : " without populate-on-demand");
    }
}
