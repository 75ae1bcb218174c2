// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.balance;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/**
 * The report of a guest about its memory. A report is a claim: the guest may lie.
 *
 * @param usedPages pages in use, by the guest's own account
 * @param pressure percentage of the last ten seconds in which a process waited for memory ({@code some avg10} of Linux'
 *     pressure stall information), in hundredths; empty if the guest does not report it
 * @param at time at which the report arrived
 */
public record GuestReport(long usedPages, OptionalInt pressure, Instant at) {
    /** An older report counts as none. */
    public static final Duration LIFETIME = Duration.ofSeconds(60);

    private static final int LONGEST = 20;
    private static final Pattern DIGITS = Pattern.compile("\\d{1,15}");
    private static final Pattern PERCENTAGE = Pattern.compile("(\\d{1,3})(?:\\.(\\d{2}))?");
    private static final long KIB_PER_PAGE = 4;
    private static final int HUNDREDTHS = 100;

    /**
     * The texts of a guest's nodes in xenstore. Each is empty if there is no such node.
     *
     * @param used {@code memory/meminfo}: KiB in use (Qubes OS)
     * @param total {@code data/meminfo_total}: KiB of memory (agents of XenServer)
     * @param free {@code data/meminfo_free}: KiB that are free (agents of XenServer)
     * @param pressure {@code data/psi_memory}: a percentage with two decimal places
     * @param updated {@code data/updated}: a text that changes with each report, so that an unchanged report is not taken
     *     for an old one
     */
    public record Texts(
            Optional<String> used,
            Optional<String> total,
            Optional<String> free,
            Optional<String> pressure,
            Optional<String> updated) {
        /** A guest without reports. */
        public static final Texts NONE =
                new Texts(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());

        /**
         * {@return the report; empty if the texts contain none that can be understood}
         *
         * Qubes' meminfo-writer writes at changes only, so that its report counts as long as it is there.
         *
         * @param mostPages the most that the guest can use
         * @param changed time at which the texts changed last
         * @param now the time
         */
        public Optional<GuestReport> report(long mostPages, Instant changed, Instant now) {
            OptionalLong kib = amount(used);
            Instant at = kib.isPresent() ? now : changed;
            if (kib.isEmpty()) {
                OptionalLong all = amount(total);
                OptionalLong rest = amount(free);
                kib = all.isPresent() && rest.isPresent()
                        ? OptionalLong.of(Math.max(0, all.getAsLong() - rest.getAsLong()))
                        : OptionalLong.empty();
            }
            return kib.isEmpty()
                    ? Optional.empty()
                    : Optional.of(new GuestReport(
                            Math.min(kib.getAsLong() / KIB_PER_PAGE, mostPages), hundredths(pressure), at));
        }
    }

    /** Whether the report counts at that time. */
    boolean isFresh(Instant now) {
        return Duration.between(at, now).compareTo(LIFETIME) <= 0;
    }

    private static OptionalLong amount(Optional<String> text) {
        return text.filter(GuestReport::isShort)
                .filter(digits -> DIGITS.matcher(digits).matches())
                .map(digits -> OptionalLong.of(Long.parseLong(digits)))
                .orElse(OptionalLong.empty());
    }

    private static OptionalInt hundredths(Optional<String> text) {
        return text.filter(GuestReport::isShort)
                .map(PERCENTAGE::matcher)
                .filter(java.util.regex.Matcher::matches)
                .map(match -> Integer.parseInt(match.group(1)) * HUNDREDTHS
                        + (match.group(2) == null ? 0 : Integer.parseInt(match.group(2))))
                .filter(percent -> percent <= HUNDREDTHS * HUNDREDTHS)
                .map(OptionalInt::of)
                .orElse(OptionalInt.empty());
    }

    private static boolean isShort(String text) {
        return text.length() <= LONGEST;
    }
}
