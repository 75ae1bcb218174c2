// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.xenjava.toolstack.cli.GuestFiles;
import org.xenjava.toolstack.cli.Prompt;
import org.xenjava.toolstack.cli.Prompt.Outcome;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.xenctrl.CreateDomain;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.abi.DomctlOp;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;

/** The advisory's utility, line for line and status for status. */
class PodCheckTest {
    private final SimulatedXen xen = SimulatedXen.create();
    private final Prompt prompt = Prompt.on(xen);
    private final Xenctrl hypercalls = Prompt.hypercalls(xen);
    private GuestFiles files = new GuestFiles(Path.of(""));

    @BeforeEach
    void useDirectory(@TempDir Path temporary) {
        files = new GuestFiles(temporary);
    }

    @Test
    void aDebtOfUpToOneMebibyteGetsAnAdvice() {
        create("web", 64, 66); // 512 frames more than memory, of which the slack covers 256
        assertEquals(
                new Outcome(
                        1,
                        """
                        checked domain 1 for XSA-153: VULNERABLE (256 more outstanding pages)
                        try using   xl mem-set   to reduce its memory by 1 (Mby)
                        or perhaps reduce /local/domain/1/memory/target by 1024
                        """,
                        ""),
                prompt.run("pod-check", "1"));
    }

    @Test
    void aLargerDebtIsReportedAsABootOrAFailedBalloon() {
        create("web", 64, 67);
        assertEquals(
                new Outcome(
                        1,
                        """
                        checked domain 1 for XSA-153: VULNERABLE (512 more outstanding pages)
                        difference is >1Mby
                        ballon driver not running or guest still booting?
                        """,
                        ""),
                prompt.run("pod-check", "1"));
    }

    @Test
    void aGuestWhoseEntriesAllHaveAPageIsNotVulnerable() {
        create("web", 64, 65); // the slack covers it
        assertEquals(
                new Outcome(0, "checked domain 1 for XSA-153: NOT vulnerable\n", ""), prompt.run("pod-check", "1"));
    }

    @Test
    void aGuestWithoutEntriesDoesNotUsePod() {
        create("web", 64, 64);
        assertEquals(
                new Outcome(0, "checked domain 1 for XSA-153: NOT vulnerable (not using PoD (any more))\n", ""),
                prompt.run("pod-check", "1"));
    }

    @Test
    void aSurplusOfCacheShouldNotHappen() {
        createWithSurplus(1024);
        assertEquals(
                new Outcome(2, "checked domain 1 for XSA-153: SHOULD NOT HAPPEN!!! cache=1024 > outstanding=0\n", ""),
                prompt.run("pod-check", "1"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0",
                "00",
                "2",
                "32751",
                "32752",
                "65536",
                "65537",
                "4294967297",
                "99999999999999999999",
                "nobody"
            })
    void whatIsNoGuestFailsAndPrintsNothing(String domain) {
        create("web", 64, 66);
        Outcome outcome = prompt.run("pod-check", domain);
        assertEquals(255, outcome.status());
        assertEquals("", outcome.out());
        assertTrue(outcome.err().startsWith("xlj: "), outcome.err());
    }

    @Test
    void aGuestIsNamedByNameOrNumber() {
        create("web", 64, 66);
        assertEquals(prompt.run("pod-check", "1"), prompt.run("pod-check", "web"));
    }

    @Test
    void jsonHasSevenKeys() {
        create("web", 64, 66);
        Outcome outcome = prompt.run("pod-check", "--json", "1");
        assertEquals(1, outcome.status());
        assertEquals(
                """
                {
                  "domid": 1,
                  "name": "web",
                  "tot_pages": 16649,
                  "pod_cache_pages": 16128,
                  "pod_entries": 16384,
                  "debt": 256,
                  "verdict": "vulnerable"
                }
                """,
                outcome.out());
    }

    @Test
    void theExitStatusOfSeveralGuestsIsThatOfTheWorst() {
        create("idle", 64, 64);
        assertEquals(0, prompt.run("pod-check", "--all").status());
        create("web", 64, 66);
        assertEquals(1, prompt.run("pod-check", "--all").status());
        createWithSurplus(16);
        assertEquals(
                new Outcome(
                        2,
                        """
                        checked domain 1 for XSA-153: NOT vulnerable (not using PoD (any more))
                        checked domain 2 for XSA-153: VULNERABLE (256 more outstanding pages)
                        try using   xl mem-set   to reduce its memory by 1 (Mby)
                        or perhaps reduce /local/domain/2/memory/target by 1024
                        checked domain 3 for XSA-153: SHOULD NOT HAPPEN!!! cache=16 > outstanding=0
                        """,
                        ""),
                prompt.run("pod-check", "--all"));
    }

    @Test
    void withoutGuestsNoneIsVulnerable() {
        assertEquals(new Outcome(0, "", ""), prompt.run("pod-check", "--all"));
        assertEquals(new Outcome(0, "[]\n", ""), prompt.run("pod-check", "--all", "--json"));
    }

    @Test
    void watchingReadsTheCountersUntilTheGuestHasBallooned() {
        assertEquals(
                0,
                prompt.run(
                                "create",
                                "--backed-boot",
                                "off",
                                "--no-guard",
                                files.config("web", "memory = 64", "maxmem = 128"))
                        .status());
        prompt.whileSleeping(() -> xen.advance(Duration.ofSeconds(1)));

        Outcome outcome = prompt.run("pod-check", "--watch", "--interval", "7", "--json", "web");

        assertEquals(0, outcome.status());
        List<String> verdicts = outcome.out()
                .lines()
                .map(line -> line.replaceAll(".*\"verdict\":\"(.*)\".*", "$1"))
                .toList();
        int last = verdicts.size() - 1;
        assertEquals(Collections.nCopies(last, "vulnerable"), verdicts.subList(0, last));
        assertEquals("not-vulnerable", verdicts.get(last));
        assertEquals(Collections.nCopies(last, Duration.ofSeconds(7)), prompt.slept());
    }

    @Test
    void watchingEndsWithTheGuest() {
        create("web", 64, 66);
        prompt.whileSleeping(() -> hypercalls.domains().destroy(1));
        Outcome outcome = prompt.run("pod-check", "--watch", "1");
        assertEquals(255, outcome.status());
        assertEquals(1, prompt.slept().size());
    }

    private void create(String name, int memory, int maxmem) {
        Outcome outcome = prompt.run(
                "create", "--backed-boot", "off", "-p", files.config(name, "memory = " + memory, "maxmem = " + maxmem));
        assertEquals(new Outcome(0, "", ""), outcome);
    }

    /** A domain as it is in the middle of a build: a cache, and no entries yet. */
    private void createWithSurplus(long cachePages) {
        int domid = hypercalls
                .domains()
                .create(new CreateDomain(
                        UUID.randomUUID(), DomctlOp.CDF_HVM | DomctlOp.CDF_HAP, DomctlOp.EMU_LAPIC, 1, 1));
        hypercalls.memory().setMaxMem(domid, KiB.of(65536));
        hypercalls.memory().setPodTarget(domid, Pages.of(cachePages));
    }
}
