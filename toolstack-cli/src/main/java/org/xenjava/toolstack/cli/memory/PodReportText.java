// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.memory;

import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.xenjava.toolstack.DomainStatus;
import org.xenjava.toolstack.PodReport;
import org.xenjava.toolstack.pod.GuardStatus.Inspection;
import org.xenjava.toolstack.pod.PodStatus;
import org.xenjava.toolstack.xenctrl.units.KiB;

/** What {@code pod-check --explain} says of a domain. */
final class PodReportText {
    private PodReportText() {}

    static List<String> of(PodReport report) {
        List<String> lines = new ArrayList<>();
        DomainStatus domain = report.domain();
        lines.add("%s: %s, built by %s"
                .formatted(
                        GuardReport.who(domain.domid(), domain.name()),
                        kind(report),
                        report.origin().words()));
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
            row(lines, "debt", GuardReport.pages(pod.debtPages()));
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
        for (String line : report.verdict()) {
            row(lines, key, line);
            key = "";
        }
        report.remedy().ifPresent(command -> row(lines, "remedy", command));
        return lines;
    }

    static JsonObject json(PodReport report) {
        JsonObject json = new JsonObject();
        json.addProperty("domid", report.domain().domid());
        json.addProperty("name", report.domain().name());
        json.addProperty("kind", report.domain().domid() == 0 ? "dom0" : word(report.domain()));
        json.addProperty("origin", GuardModes.word(report.origin()));
        json.addProperty("max_pages", report.domain().maxPages().count());
        json.addProperty("tot_pages", report.domain().totPages().count());
        number(json, "pod_cache_pages", report.counters().map(pod -> pod.cache().count()));
        number(json, "pod_entries", report.counters().map(pod -> pod.entries().count()));
        number(json, "debt", report.counters().map(PodStatus::debtPages));
        number(json, "told_kib", report.told().map(KiB::value));
        number(json, "owned_beyond_target_pages", report.ownedBeyondTarget());
        number(json, "limit_beyond_target_pages", report.limitBeyondTarget());
        json.addProperty("vm_event", report.inspection() == Inspection.ATTACHED);
        json.addProperty(
                "verdict",
                report.counters().map(pod -> GuardModes.word(pod.verdict())).orElse("not-vulnerable"));
        json.addProperty("words", String.join("; ", report.verdict()));
        json.add("remedy", JsonNull.INSTANCE);
        report.remedy().ifPresent(command -> json.addProperty("remedy", command));
        return json;
    }

    private static void number(JsonObject json, String key, Optional<Long> value) {
        json.add(key, JsonNull.INSTANCE);
        value.ifPresent(number -> json.addProperty(key, number));
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
        String kind = word(report.domain()).toUpperCase(Locale.ROOT);
        if (report.counters().isEmpty()) {
            return kind;
        }
        return kind + (report.hasEntries() ? " with populate-on-demand" : " without populate-on-demand");
    }

    private static String word(DomainStatus domain) {
        return domain.kind().name().toLowerCase(Locale.ROOT);
    }
}
