// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.top;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xenjava.toolstack.DomainStatus;
import org.xenjava.toolstack.DomainStatus.Kind;
import org.xenjava.toolstack.DomainStatus.State;
import org.xenjava.toolstack.HostStatus;
import org.xenjava.toolstack.cli.GuestFiles;
import org.xenjava.toolstack.cli.Prompt;
import org.xenjava.toolstack.cli.Prompt.Outcome;
import org.xenjava.toolstack.device.view.DomainTraffic;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.xenctrl.units.Pages;

class TopTest {
    private static final HostStatus HOST =
            new HostStatus("4.17.7", 2, 2_596_138, Pages.of(1_048_576), Pages.of(524_288), Pages.ZERO);

    private static DomainSample sample(int domid, String name, long cpuMillis, long bytes, long requests) {
        DomainStatus status = new DomainStatus(
                domid,
                name,
                new UUID(7, domid),
                domid == 0 ? Kind.PV : Kind.PVH,
                Set.of(domid == 0 ? State.RUNNING : State.BLOCKED),
                Optional.empty(),
                Pages.of(65_536),
                Pages.of(domid == 0 ? 0xFFFF_FFFFL : 131_072),
                Pages.ZERO,
                Pages.ZERO,
                1,
                Duration.ofMillis(cpuMillis));
        return new DomainSample(
                status,
                domid == 0 ? OptionalLong.empty() : OptionalLong.of(1024),
                new DomainTraffic(1, bytes, 2 * bytes, 2, 3, requests, 2 * requests, 8 * requests, 16 * requests));
    }

    private static HostSample at(int second, DomainSample... domains) {
        return new HostSample(Instant.ofEpochSecond(second), HOST, List.of(domains));
    }

    private static List<Usage> usages() {
        return Usage.between(
                Optional.of(at(10, sample(0, "Domain-0", 1000, 0, 0), sample(1, "web", 500, 0, 100))),
                at(14, sample(0, "Domain-0", 1200, 0, 0), sample(1, "web", 2500, 40_960, 140)));
    }

    @Test
    void ratesAreDifferencesInEachSecond() {
        Usage web = usages().get(1);
        assertEquals(50, web.cpuPercent(), 1e-9);
        assertEquals(10, web.sentKib(), 1e-9);
        assertEquals(20, web.receivedKib(), 1e-9);
        assertEquals(10, web.reads(), 1e-9);
        assertEquals(20, web.writes(), 1e-9);
        Usage first = Usage.between(Optional.empty(), at(14, web.domain())).get(0);
        assertEquals(0, first.cpuPercent());
        // A reboot starts the counters of devices again.
        Usage again = Usage.between(Optional.of(at(14, web.domain())), at(15, sample(1, "web", 2500, 0, 0)))
                .get(0);
        assertEquals(0, again.sentKib());
    }

    @Test
    void theTableForProgramsIsXentopsWithTheDebtBehind() {
        assertEquals(
                List.of(
                        "      NAME  STATE   CPU(sec) CPU(%)     MEM(k) MEM(%)  MAXMEM(k) MAXMEM(%) VCPUS NETS NETTX(k) NETRX(k)"
                                + " VBDS   VBD_OO   VBD_RD   VBD_WR  VBD_RSECT  VBD_WSECT SSID    DEBT(k)",
                        "       web --b---          2   50.0     262144    6.3     524288      12.5     1    1       80       40"
                                + "    2        3      140      280       1120       2240    0       4096",
                        "  Domain-0 -----r          1    5.0     262144    6.3   no limit       n/a     1    1        0        0"
                                + "    2        3        0        0          0          0    0          0"),
                TopTables.xentop(HOST, SortKey.CPU.sorted(usages()), TopTables.Names.SHORT));
    }

    @Test
    void theScreenHasRatesAndTheOrder() {
        List<String> lines = TopTables.screen(HOST, SortKey.DOMID.sorted(usages()), SortKey.DOMID);
        assertEquals(
                "Xen 4.17.7, 2 CPUs at 2596 MHz; 4096 MiB of memory, 2048 free, 0 claimed; 2 domains, 1 running",
                lines.get(0));
        assertTrue(lines.get(1).startsWith("by domid; "), lines.get(1));
        assertEquals(
                "web                     1 --b---    50.0       2.5       256       4.0     1     10.0     20.0    10.0    20.0",
                lines.get(4));
        assertEquals(lines.get(2).length(), lines.get(4).length());
    }

    @Test
    void everyOrderIsReachedByTheKey() {
        SortKey key = SortKey.CPU;
        for (SortKey expected : SortKey.values()) {
            assertEquals(expected, key);
            key = key.next();
        }
        assertEquals(SortKey.CPU, key);
        assertEquals(
                "web", SortKey.DEBT.sorted(usages()).get(0).domain().status().name());
        assertEquals(
                "Domain-0",
                SortKey.NAME.sorted(usages()).get(0).domain().status().name());
    }

    @Test
    void tablesArePrintedOneBelowTheOther(@TempDir Path directory) {
        Prompt prompt = Prompt.on(SimulatedXen.create());
        prompt.run(
                "create",
                "-p",
                "--no-guard",
                "--backed-boot",
                "off",
                new GuestFiles(directory).config("web", "memory = 64", "maxmem = 128"));
        Outcome outcome = prompt.run("top", "-b", "-i", "2", "-d", "5", "-o", "debt");
        assertEquals(0, outcome.status(), outcome.err());
        List<String> lines = outcome.out().lines().toList();
        assertEquals(6, lines.size());
        assertTrue(lines.get(1).startsWith("       web ----p- "), lines.get(1));
        assertEquals(List.of(Duration.ofSeconds(5)), prompt.slept());
        assertEquals(2, prompt.run("top", "-d", "0").status());
        assertEquals(2, prompt.run("top", "-o", "colour").status());
    }
}
