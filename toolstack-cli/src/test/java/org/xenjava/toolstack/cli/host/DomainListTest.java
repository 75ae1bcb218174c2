// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.host;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.DomainStatus;
import org.xenjava.toolstack.DomainStatus.Kind;
import org.xenjava.toolstack.DomainStatus.State;
import org.xenjava.toolstack.ShutdownReason;
import org.xenjava.toolstack.cli.output.Json;
import org.xenjava.toolstack.xenctrl.units.Pages;

class DomainListTest {
    private static final UUID ID = UUID.fromString("6ba7b810-9dad-11d1-80b4-00c04fd430c8");

    private final DomainStatus dom0 = status(0, "Domain-0", Set.of(State.RUNNING), Optional.empty(), 11794.3);
    private final DomainStatus crashed =
            status(17, "web", Set.of(State.CRASHED), Optional.of(ShutdownReason.CRASH), 0.26);
    private final DomainStatus nameless = status(32751, "", Set.of(State.BLOCKED, State.PAUSED), Optional.empty(), 0);

    @Test
    void theTableHasXlsColumns() {
        assertEquals(
                List.of(
                        "Name                                        ID   Mem VCPUs\tState\tTime(s)",
                        "Domain-0                                     0   257     2     r-----   11794.3",
                        "web                                         17   257     2     ---sc-       0.3",
                        "(null)                                   32751   257     2     -bp---       0.0"),
                DomainList.lines(List.of(dom0, crashed, nameless), List.of()));
    }

    @Test
    void theVerboseTableAddsUuidAndReason() {
        assertEquals(
                List.of(
                        "Name                                        ID   Mem VCPUs\tState\tTime(s)"
                                + "   UUID                            Reason-Code\tSecurity Label",
                        "Domain-0                                     0   257     2     r-----   11794.3"
                                + " 6ba7b810-9dad-11d1-80b4-00c04fd430c8        -",
                        "web                                         17   257     2     ---sc-       0.3"
                                + " 6ba7b810-9dad-11d1-80b4-00c04fd430c8        3"),
                DomainList.lines(List.of(dom0, crashed), List.of(DomainList.VERBOSE)));
    }

    @Test
    void aLetterTellsWhyADomainHasStopped() {
        List<String> letters = List.of(ShutdownReason.values()).stream()
                .map(reason -> status(1, "x", Set.of(State.SHUTDOWN), Optional.of(reason), 0))
                .map(status ->
                        DomainList.lines(List.of(status), List.of()).get(1).substring(63, 69))
                .toList();
        assertEquals(List.of("---s--", "---sr-", "---ss-", "---sc-", "---sw-", "---sS-", "---s?-"), letters);
    }

    @Test
    void sharedMemoryIsAColumnInMib() {
        assertEquals(
                List.of(
                        "Name                                        ID   Mem Shared",
                        "web                                         17   257      2"),
                DomainList.sharingLines(List.of(crashed)));
    }

    @Test
    void jsonHasWordsAndUnits() {
        assertEquals(
                """
                {"domid":17,"name":"web","uuid":"6ba7b810-9dad-11d1-80b4-00c04fd430c8","type":"pvh","states":["crashed"],\
                "shutdown_reason":"crash","tot_pages":65536,"max_pages":66048,"outstanding_pages":256,"vcpus":2,\
                "cpu_time_ns":260000000}""",
                Json.line(DomainList.Document.of(crashed)).text());
    }

    private static DomainStatus status(
            int domid, String name, Set<State> states, Optional<ShutdownReason> reason, double seconds) {
        return new DomainStatus(
                domid,
                name,
                ID,
                Kind.PVH,
                states,
                reason,
                Pages.of(65536),
                Pages.of(66048),
                Pages.of(256),
                Pages.of(512),
                2,
                Duration.ofNanos(Math.round(seconds * 1e9)));
    }
}
