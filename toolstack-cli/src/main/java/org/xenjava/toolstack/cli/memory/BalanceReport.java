// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.memory;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.xenjava.toolstack.balance.BalanceFinding;
import org.xenjava.toolstack.balance.GuestShare;
import org.xenjava.toolstack.balance.GuestSnapshot;
import org.xenjava.toolstack.balance.MemoryAnswer;
import org.xenjava.toolstack.balance.TargetChange;
import org.xenjava.toolstack.balancer.BalanceEvent;
import org.xenjava.toolstack.balancer.BalanceView;
import org.xenjava.toolstack.cli.output.Words;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * The state and the plan of a balancer, as a table for people and as JSON. All amounts are KiB.
 *
 * @param freeKib memory that is free and unclaimed
 * @param requests number of requests for memory
 * @param domains the domains
 */
record BalanceReport(long freeKib, int requests, List<Row> domains) {
    private static final String FORMAT = "%-20s %5s %8s %8s %8s %8s %8s %8s  %s";
    private static final long KIB_PER_PAGE = 4;
    private static final long KIB_PER_MIB = 1024;

    /** One domain. A domain that takes no part has its present size as share. */
    record Row(
            String name,
            int domid,
            String phase,
            long ownedKib,
            long targetKib,
            long floorKib,
            long ceilingKib,
            long demandKib,
            long shareKib,
            long newTargetKib) {}

    static BalanceReport of(BalanceView view) {
        Map<Integer, GuestShare> shares =
                view.decision().shares().stream().collect(Collectors.toMap(GuestShare::domid, share -> share));
        Map<Integer, TargetChange> changes =
                view.decision().targets().stream().collect(Collectors.toMap(TargetChange::domid, change -> change));
        List<Row> rows = view.snapshot().guests().stream()
                .map(guest -> row(
                        guest,
                        shares.getOrDefault(
                                guest.domid(), new GuestShare(guest.domid(), guest.basePages(), guest.sizePages())),
                        changes.getOrDefault(
                                guest.domid(), new TargetChange(guest.domid(), guest.sizePages(), guest.sizePages()))))
                .toList();
        return new BalanceReport(
                view.snapshot().freePages() * KIB_PER_PAGE,
                view.snapshot().requests().size(),
                rows);
    }

    private static Row row(GuestSnapshot guest, GuestShare share, TargetChange change) {
        return new Row(
                guest.name(),
                guest.domid(),
                Words.of(guest.phase()),
                guest.ownedPages() * KIB_PER_PAGE,
                guest.sizePages() * KIB_PER_PAGE,
                guest.floorPages() * KIB_PER_PAGE,
                guest.ceilingPages() * KIB_PER_PAGE,
                share.demandPages() * KIB_PER_PAGE,
                share.sharePages() * KIB_PER_PAGE,
                change.toPages() * KIB_PER_PAGE);
    }

    List<String> lines() {
        List<String> lines = new ArrayList<>();
        lines.add("free: " + freeKib / KIB_PER_MIB + " MiB; requests: " + requests + "; MiB of each domain:");
        lines.add(String.format(
                Locale.ROOT, FORMAT, "Name", "ID", "owned", "target", "floor", "ceiling", "demand", "share", "change"));
        for (Row row : domains) {
            lines.add(String.format(
                    Locale.ROOT,
                    FORMAT,
                    row.name(),
                    row.domid(),
                    mib(row.ownedKib()),
                    mib(row.targetKib()),
                    mib(row.floorKib()),
                    mib(row.ceilingKib()),
                    mib(row.demandKib()),
                    mib(row.shareKib()),
                    change(row)));
        }
        return lines;
    }

    private static String change(Row row) {
        if (row.newTargetKib() != row.targetKib()) {
            return "to " + mib(row.newTargetKib());
        }
        return row.phase().equals(Words.of(GuestSnapshot.Phase.RUNNING)) ? "none" : "none: " + row.phase();
    }

    private static String mib(long kib) {
        return Long.toString(kib / KIB_PER_MIB);
    }

    /** An event as a line. */
    static String line(BalanceEvent event) {
        if (event instanceof BalanceEvent.Resized resized) {
            return Words.domain(resized.domid(), resized.name()) + ": " + Words.size(resized.to()) + " instead of "
                    + Words.size(resized.from());
        }
        if (event instanceof BalanceEvent.Answered answered) {
            return "request " + answered.id() + ": "
                    + (answered.answer() instanceof MemoryAnswer.Refused refused
                            ? "refused: " + refused.reason()
                            : "granted");
        }
        if (event instanceof BalanceEvent.Found found) {
            return line(found.finding());
        }
        return event instanceof BalanceEvent.RoleChanged changed && changed.role() == BalanceEvent.Role.STANDING_BY
                ? "standing by: another process balances this host, or may do so"
                : "acting";
    }

    private static String line(BalanceFinding finding) {
        String domain = Words.domain(finding.domid(), finding.name());
        return switch (finding.kind()) {
            case STUCK ->
                domain + ": its balloon driver was told to give memory up and has not moved for " + finding.seconds()
                        + " s; it keeps " + Words.size(Pages.of(finding.pages()).toKiB()) + " above its floor";
            case DEBT -> domain + ": " + Words.pages(finding.pages()) + " short; its size is left alone";
        };
    }

    /** An event as JSON. */
    record EventDocument(String event, int domid, String text) {
        static EventDocument of(BalanceEvent event) {
            if (event instanceof BalanceEvent.Resized resized) {
                return new EventDocument("resized", resized.domid(), line(event));
            }
            if (event instanceof BalanceEvent.Found found) {
                return new EventDocument(
                        Words.of(found.finding().kind()), found.finding().domid(), line(event));
            }
            return new EventDocument(event instanceof BalanceEvent.Answered ? "answered" : "role", -1, line(event));
        }
    }
}
