// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.host;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.xenjava.toolstack.DomainStatus;
import org.xenjava.toolstack.DomainStatus.State;
import org.xenjava.toolstack.ShutdownReason;
import org.xenjava.toolstack.xenctrl.units.Pages;

/** The table of {@code xl list}, column for column, because scripts parse it. */
final class DomainList {
    private static final String HEADER = "Name                                        ID   Mem VCPUs\tState\tTime(s)";

    /** The two columns that {@code -v} adds: UUID and reason of the shutdown. */
    static final Column VERBOSE =
            new Column("   UUID                            Reason-Code\tSecurity Label", DomainList::uuidAndReason);

    private static final double NANOS_PER_SECOND = 1e9;

    private DomainList() {}

    /**
     * A column behind those that every list has.
     *
     * @param header end of the first line
     * @param cell end of a domain's line
     */
    record Column(String header, Function<DomainStatus, String> cell) {}

    static List<String> lines(List<DomainStatus> statuses, List<Column> columns) {
        String header = HEADER + columns.stream().map(Column::header).collect(Collectors.joining());
        return Stream.concat(
                        Stream.of(header),
                        statuses.stream()
                                .map(status -> line(status)
                                        + columns.stream()
                                                .map(column -> column.cell().apply(status))
                                                .collect(Collectors.joining())))
                .toList();
    }

    /** The table of {@code xl claims}. */
    static List<String> claimLines(List<DomainStatus> statuses) {
        return lines(
                statuses,
                List.of(new Column(
                        "  Claimed",
                        status -> String.format(
                                Locale.ROOT,
                                " %5d",
                                status.outstandingPages().toKiB().toMiB()))));
    }

    /** The table of {@code xl sharing}. */
    static List<String> sharingLines(List<DomainStatus> statuses) {
        return Stream.concat(
                        Stream.of("Name                                        ID   Mem Shared"),
                        statuses.stream()
                                .map(status -> String.format(
                                        Locale.ROOT,
                                        "%s  %5d",
                                        start(status),
                                        status.sharedPages().toKiB().toMiB())))
                .toList();
    }

    /** A row as JSON. */
    record Document(
            int domid,
            String name,
            UUID uuid,
            DomainStatus.Kind type,
            Set<State> states,
            Optional<ShutdownReason> shutdownReason,
            Pages totPages,
            Pages maxPages,
            Pages outstandingPages,
            int vcpus,
            long cpuTimeNs) {
        static Document of(DomainStatus status) {
            return new Document(
                    status.domid(),
                    status.name(),
                    status.uuid(),
                    status.kind(),
                    new TreeSet<>(status.states()),
                    status.shutdownReason(),
                    status.totPages(),
                    status.maxPages(),
                    status.outstandingPages(),
                    status.vcpus(),
                    status.cpuTime().toNanos());
        }
    }

    /** Name, domid and memory. */
    private static String start(DomainStatus status) {
        return String.format(
                Locale.ROOT,
                "%-40s %5d %5d",
                // xl prints this for a domain without a name in xenstore.
                status.name().isEmpty() ? "(null)" : status.name(),
                status.domid(),
                status.totPages().plus(status.outstandingPages()).toKiB().toMiB());
    }

    private static String line(DomainStatus status) {
        return String.format(
                Locale.ROOT,
                "%s %5d     %s  %8.1f",
                start(status),
                status.vcpus(),
                letters(status),
                status.cpuTime().toNanos() / NANOS_PER_SECOND);
    }

    private static String uuidAndReason(DomainStatus status) {
        String reason = status.shutdownReason()
                .map(why -> Integer.toHexString(why.code()))
                .orElse("-");
        return String.format(Locale.ROOT, " %s %8s", status.uuid(), reason);
    }

    private static String letters(DomainStatus status) {
        char shutdown = status.shutdownReason().isPresent() ? State.SHUTDOWN.letter() : '-';
        char why = status.shutdownReason().map(DomainList::letter).orElse('-');
        return "" + letter(status, State.RUNNING) + letter(status, State.BLOCKED) + letter(status, State.PAUSED)
                + shutdown + why + letter(status, State.DYING);
    }

    private static char letter(DomainStatus status, State state) {
        return status.states().contains(state) ? state.letter() : '-';
    }

    private static char letter(ShutdownReason reason) {
        return switch (reason) {
            case POWEROFF -> '-';
            case REBOOT -> 'r';
            case SUSPEND -> 's';
            case CRASH -> 'c';
            case WATCHDOG -> 'w';
            case SOFT_RESET -> 'S';
            case UNKNOWN -> '?';
        };
    }
}
