// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.balance;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Instant;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GuestReportTest {
    private static final Instant NOW = Instant.EPOCH;

    private static Optional<GuestReport> qubes(String text) {
        return new GuestReport.Texts(
                        Optional.of(text), Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty())
                .report(1000, NOW, NOW);
    }

    @Test
    void aReportOfQubesIsTheUseInKib() {
        assertEquals(Optional.of(new GuestReport(100, OptionalInt.empty(), NOW)), qubes("400"));
    }

    @Test
    void aReportOfXenServersAgentIsTotalLessFree() {
        assertEquals(
                Optional.of(new GuestReport(150, OptionalInt.of(1234), NOW)),
                new GuestReport.Texts(
                                Optional.empty(),
                                Optional.of("1000"),
                                Optional.of("400"),
                                Optional.of("12.34"),
                                Optional.empty())
                        .report(1000, NOW, NOW));
    }

    @Test
    void aGuestCannotUseMoreThanItsMaximum() {
        assertEquals(1000, qubes("999999999999").orElseThrow().usedPages());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "-1", "1 ", "0x10", "1e9", "1234567890123456", "12345678901234567890123", "\u0661\u0662"})
    void textOfAnotherFormIsNoReport(String text) {
        assertEquals(Optional.empty(), qubes(text));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "1.2", "101", "100.01", "-1.00", "nan", "1.234"})
    void aPressureOfAnotherFormIsNone(String text) {
        GuestReport report = new GuestReport.Texts(
                        Optional.of("400"), Optional.empty(), Optional.empty(), Optional.of(text), Optional.empty())
                .report(1000, NOW, NOW)
                .orElseThrow();
        assertEquals(OptionalInt.empty(), report.pressure());
    }

    @Test
    void anUnchangedReportOfQubesCountsAsLongAsItIsThere() {
        Instant later = NOW.plusSeconds(3600);
        GuestReport qubes = new GuestReport.Texts(
                        Optional.of("400"), Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty())
                .report(1000, NOW, later)
                .orElseThrow();
        assertEquals(true, qubes.isFresh(later));
        GuestReport agent = new GuestReport.Texts(
                        Optional.empty(), Optional.of("1000"), Optional.of("400"), Optional.empty(), Optional.empty())
                .report(1000, NOW, later)
                .orElseThrow();
        assertEquals(false, agent.isFresh(later));
    }

    @Test
    void aReportIsStaleAfterAMinute() {
        GuestReport report = new GuestReport(1, OptionalInt.empty(), NOW);
        assertEquals(true, report.isFresh(NOW.plusSeconds(60)));
        assertEquals(false, report.isFresh(NOW.plusSeconds(61)));
    }
}
