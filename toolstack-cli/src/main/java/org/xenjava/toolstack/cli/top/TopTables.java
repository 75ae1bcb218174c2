// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.top;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.xenjava.toolstack.DomainStatus;
import org.xenjava.toolstack.DomainStatus.State;
import org.xenjava.toolstack.HostStatus;
import org.xenjava.toolstack.cli.output.Words;
import org.xenjava.toolstack.device.view.DomainTraffic;
import org.xenjava.toolstack.xenctrl.units.Pages;

/** The table of {@code xentop -b}, column for column, with the debt behind it; and a table with rates for a screen. */
final class TopTables {
    private static final String XENTOP_HEADER =
            "      NAME  STATE   CPU(sec) CPU(%)     MEM(k) MEM(%)  MAXMEM(k) MAXMEM(%) VCPUS NETS NETTX(k) NETRX(k)"
                    + " VBDS   VBD_OO   VBD_RD   VBD_WR  VBD_RSECT  VBD_WSECT SSID    DEBT(k)";
    private static final String SCREEN_HEADER =
            "NAME                   ID STATE   CPU(%)  CPU(sec)  MEM(MiB) DEBT(MiB) VCPUS  TX(k/s)  RX(k/s)    RD/s    WR/s";

    /** xentop's letters, in its order. */
    private static final List<State> STATES =
            List.of(State.DYING, State.SHUTDOWN, State.BLOCKED, State.CRASHED, State.PAUSED, State.RUNNING);

    private static final int NAME_COLUMNS = 10;
    private static final int SCREEN_NAME_COLUMNS = 20;
    private static final long KIB_PER_PAGE = 4;
    private static final long PAGES_PER_MIB = 256;
    private static final long BYTES_PER_KIB = 1024;
    private static final double PERCENT = 100;
    private static final double NANOS_PER_SECOND = 1e9;

    /** From this on, max_pages is no limit: Xen's value for dom0 without one. */
    private static final long NO_LIMIT = 0xFFFF_FFFFL;

    private TopTables() {}

    /** Widths of names in the table for programs. */
    enum Names {
        /** Ten characters. */
        SHORT,
        /** All characters. */
        FULL
    }

    static List<String> xentop(HostStatus host, List<Usage> domains, Names names) {
        List<String> lines = new ArrayList<>(List.of(XENTOP_HEADER));
        domains.forEach(usage -> lines.add(xentopLine(host, usage, names)));
        return lines;
    }

    private static String xentopLine(HostStatus host, Usage usage, Names names) {
        DomainStatus status = usage.domain().status();
        DomainTraffic traffic = usage.domain().traffic();
        double all = host.totalMemory().count();
        boolean limited = status.maxPages().count() < NO_LIMIT;
        return String.format(
                Locale.ROOT,
                "%10s %s %10d %6.1f %10d %6.1f %10s %9s %5d %4d %8d %8d %4d %8d %8d %8d %10d %10d %4d %10d",
                names == Names.SHORT ? start(status.name(), NAME_COLUMNS) : status.name(),
                state(status),
                status.cpuTime().toSeconds(),
                usage.cpuPercent(),
                status.totPages().count() * KIB_PER_PAGE,
                status.totPages().count() * PERCENT / all,
                limited ? Long.toString(status.maxPages().count() * KIB_PER_PAGE) : "no limit",
                limited ? String.format(Locale.ROOT, "%.1f", status.maxPages().count() * PERCENT / all) : "n/a",
                status.vcpus(),
                traffic.nics(),
                // As in xentop, the counters of domain 0's interfaces: they transmit what the guest receives.
                traffic.receivedBytes() / BYTES_PER_KIB,
                traffic.sentBytes() / BYTES_PER_KIB,
                traffic.disks(),
                traffic.waits(),
                traffic.reads(),
                traffic.writes(),
                traffic.readSectors(),
                traffic.writtenSectors(),
                0,
                usage.domain().debtPages().orElse(0) * KIB_PER_PAGE);
    }

    private static String state(DomainStatus status) {
        StringBuilder letters = new StringBuilder();
        STATES.forEach(state -> letters.append(status.states().contains(state) ? state.letter() : '-'));
        return letters.toString();
    }

    private static String start(String text, int length) {
        return text.length() > length ? text.substring(0, length) : text;
    }

    static List<String> screen(HostStatus host, List<Usage> domains, SortKey key) {
        List<String> lines = new ArrayList<>();
        lines.add(String.format(
                Locale.ROOT,
                "Xen %s, %d CPUs at %d MHz; %d MiB of memory, %d free, %d claimed; %d domains, %d running",
                host.xenVersion(),
                host.cpus(),
                host.cpuKhz() / 1000,
                mib(host.totalMemory()),
                mib(host.freeMemory()),
                mib(host.claimedMemory()),
                domains.size(),
                domains.stream()
                        .filter(usage -> usage.domain().status().states().contains(State.RUNNING))
                        .count()));
        lines.add("by " + Words.of(key) + "; s: next order, space: read now, q: quit");
        lines.add(SCREEN_HEADER);
        domains.forEach(usage -> lines.add(screenLine(usage)));
        return lines;
    }

    private static String screenLine(Usage usage) {
        DomainStatus status = usage.domain().status();
        return String.format(
                Locale.ROOT,
                "%-20s %4d %s %7.1f %9.1f %9d %9s %5d %8.1f %8.1f %7.1f %7.1f",
                start(status.name(), SCREEN_NAME_COLUMNS),
                status.domid(),
                state(status),
                usage.cpuPercent(),
                status.cpuTime().toNanos() / NANOS_PER_SECOND,
                mib(status.totPages()),
                usage.domain().debtPages().isPresent()
                        ? String.format(
                                Locale.ROOT,
                                "%.1f",
                                (double) usage.domain().debtPages().getAsLong() / PAGES_PER_MIB)
                        : "-",
                status.vcpus(),
                usage.sentKib(),
                usage.receivedKib(),
                usage.reads(),
                usage.writes());
    }

    private static long mib(Pages pages) {
        return pages.toKiB().toMiB();
    }
}
