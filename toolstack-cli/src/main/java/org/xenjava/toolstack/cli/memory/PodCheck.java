// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.memory;

import java.util.List;
import org.xenjava.toolstack.PodReport;
import org.xenjava.toolstack.pod.PodStatus;

/**
 * The report of XSA-153's check utility, with its exact text, spelling and exit status, because scripts match them.
 *
 * @param lines lines of standard output
 * @param exitStatus 0 not vulnerable, 1 vulnerable, 2 should not happen
 */
record PodCheck(List<String> lines, int exitStatus) {
    /** The exit status for bad usage, a missing domain or a failed hypercall; standard output is then empty. */
    static final int FAILED = 255;

    private static final long PAGES_PER_MIB = 256;
    private static final long KIB_PER_PAGE = 4;

    PodCheck {
        lines = List.copyOf(lines);
    }

    /** The report on a reading. */
    static PodCheck of(PodStatus status) {
        String checked = "checked domain " + status.domid() + " for XSA-153: ";
        return switch (status.verdict()) {
            case NOT_VULNERABLE -> new PodCheck(List.of(checked + "NOT vulnerable"), 0);
            case NOT_USING_POD -> new PodCheck(List.of(checked + "NOT vulnerable (not using PoD (any more))"), 0);
            case SHOULD_NOT_HAPPEN ->
                new PodCheck(
                        List.of(checked + "SHOULD NOT HAPPEN!!! cache="
                                + status.cache().count() + " > outstanding="
                                + status.entries().count()),
                        2);
            case VULNERABLE -> vulnerable(checked, status.domid(), status.debtPages());
        };
    }

    /** The report on a domain, which may have no counters. Its lines do not repeat the domid. */
    static PodCheck of(PodReport report) {
        if (report.domain().domid() == 0) {
            return new PodCheck(List.of("NOT vulnerable (the control domain)"), 0);
        }
        if (report.architecture() == PodReport.Architecture.ARM) {
            return new PodCheck(List.of("NOT vulnerable (guests on ARM never are)"), 0);
        }
        return report.counters()
                .map(PodCheck::of)
                .map(check -> new PodCheck(
                        check.lines().stream()
                                .map(line -> line.replaceFirst("^checked domain \\d+ for XSA-153: ", ""))
                                .toList(),
                        check.exitStatus()))
                .orElse(new PodCheck(List.of("NOT vulnerable (x86 PV guests never are)"), 0));
    }

    private static PodCheck vulnerable(String checked, int domid, long debt) {
        String verdict = checked + "VULNERABLE (" + debt + " more outstanding pages)";
        List<String> lines = debt <= PAGES_PER_MIB
                ? List.of(
                        verdict,
                        "try using   xl mem-set   to reduce its memory by 1 (Mby)",
                        "or perhaps reduce /local/domain/" + domid + "/memory/target by " + KIB_PER_PAGE * debt)
                : List.of(verdict, "difference is >1Mby", "ballon driver not running or guest still booting?");
        return new PodCheck(lines, 1);
    }
}
