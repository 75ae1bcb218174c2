// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.memory;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.xenjava.toolstack.balance.GuestReport;
import org.xenjava.toolstack.balance.GuestSnapshot;
import org.xenjava.toolstack.balance.HostSnapshot;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * The host's free memory, or one domain, at one look of a balancer: a line of a record.
 *
 * @param seconds time since the balancer's start
 * @param domid number of the domain; empty for the host's free memory
 * @param owned memory that the domain owns, or that is free
 * @param target the balloon driver's target; 0 for the host
 * @param used memory in use by the guest's own account; 0 if it reports none
 * @param name name of the domain
 */
record BalanceReading(double seconds, OptionalInt domid, KiB owned, KiB target, KiB used, String name) {
    static final String HEADER = "seconds,domid,owned_kib,target_kib,used_kib,name";
    private static final int FIELDS = 6;
    private static final double NANOS = 1e9;

    static List<BalanceReading> of(Instant start, HostSnapshot host) {
        double seconds = Duration.between(start, host.time()).toNanos() / NANOS;
        List<BalanceReading> readings = new ArrayList<>();
        readings.add(
                new BalanceReading(seconds, OptionalInt.empty(), kib(host.freePages()), KiB.of(0), KiB.of(0), "free"));
        for (GuestSnapshot guest : host.guests()) {
            readings.add(new BalanceReading(
                    seconds,
                    OptionalInt.of(guest.domid()),
                    kib(guest.ownedPages()),
                    kib(guest.sizePages()),
                    kib(guest.report().map(GuestReport::usedPages).orElse(0L)),
                    guest.name()));
        }
        return readings;
    }

    private static KiB kib(long pages) {
        return Pages.of(pages).toKiB();
    }

    String line() {
        String domain = domid.isPresent() ? Integer.toString(domid.getAsInt()) : "";
        return String.format(
                Locale.ROOT, "%.3f,%s,%d,%d,%d,%s", seconds, domain, owned.value(), target.value(), used.value(), name);
    }

    /**
     * Reads a record. A last line without an end is ignored: the disk was full, or the balancer was killed.
     *
     * @throws IOException if the file cannot be read, or is no record
     */
    static List<BalanceReading> read(Path file) throws IOException {
        String text = Files.readString(file);
        try (Stream<String> lines =
                text.substring(0, text.lastIndexOf('\n') + 1).lines()) {
            return lines.filter(line -> !line.equals(HEADER))
                    .map(BalanceReading::parse)
                    .toList();
        } catch (IllegalArgumentException e) {
            throw new IOException(file + ": not a record of xlj balance: " + e.getMessage(), e);
        }
    }

    private static BalanceReading parse(String line) {
        String[] fields = line.split(",", FIELDS);
        if (fields.length < FIELDS) {
            throw new IllegalArgumentException("'" + line + "'");
        }
        return new BalanceReading(
                Double.parseDouble(fields[0]),
                fields[1].isEmpty() ? OptionalInt.empty() : OptionalInt.of(Integer.parseInt(fields[1])),
                KiB.of(Long.parseLong(fields[2])),
                KiB.of(Long.parseLong(fields[3])),
                KiB.of(Long.parseLong(fields[4])),
                fields[5]);
    }
}
