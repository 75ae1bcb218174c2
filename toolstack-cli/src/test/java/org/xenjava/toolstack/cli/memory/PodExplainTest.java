// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.xenjava.toolstack.cli.GuestFiles;
import org.xenjava.toolstack.cli.Prompt;
import org.xenjava.toolstack.cli.Prompt.Outcome;
import org.xenjava.toolstack.sim.SimulatedXen;

/** {@code pod-check --explain} and {@code --before}. */
class PodExplainTest {
    private final SimulatedXen xen = SimulatedXen.create();
    private final Prompt prompt = Prompt.on(xen);
    private GuestFiles files = new GuestFiles(Path.of(""));

    @BeforeEach
    void buildTwo(@TempDir Path temporary) {
        files = new GuestFiles(temporary);
        prompt.run("create", "--backed-boot", "off", "-p", files.config("plain", "memory = 64"));
        prompt.run("create", "--backed-boot", "off", "-p", files.config("pod", "memory = 64", "maxmem = 66"));
    }

    @Test
    void everyDomainIsExplained() {
        assertEquals(
                new Outcome(
                        1,
                        """
                        Domain-0 (0): dom0, built by Xen at boot
                          verdict   NOT vulnerable (the control domain)
                        plain (1): PVH without populate-on-demand, built by xlj or its library
                          owns      16393 pages
                          is told   16384 pages; it owns 9 more, and may own 256 more
                          debt      0 pages
                          vm_event  no monitor attached
                          verdict   NOT vulnerable (not using PoD (any more))
                        pod (2): PVH with populate-on-demand, built by xlj or its library
                          owns      16649 pages, of which 16128 wait for one of 16384 entries
                          is told   16384 pages; it owns 265 more, and may own 512 more
                          debt      256 pages
                          vm_event  no monitor attached
                          verdict   VULNERABLE (256 more outstanding pages)
                                    try using   xl mem-set   to reduce its memory by 1 (Mby)
                                    or perhaps reduce /local/domain/2/memory/target by 1024
                          remedy    xl unpause 2 && xlj guard --once --domain 2
                        """,
                        ""),
                prompt.run("pod-check", "--all", "--explain"));
    }

    @Test
    void oneDomainIsExplained() {
        Outcome outcome = prompt.run("pod-check", "--explain", "plain");
        assertEquals(0, outcome.status());
        assertTrue(outcome.out().startsWith("plain (1): PVH without populate-on-demand, "), outcome.out());
        assertEquals(255, prompt.run("pod-check", "--explain", "nobody").status());
    }

    @Test
    void theExplanationIsJsonToo() {
        JsonArray all = JsonParser.parseString(
                        prompt.run("pod-check", "--all", "--explain", "--json").out())
                .getAsJsonArray();
        JsonObject dom0 = all.get(0).getAsJsonObject();
        assertEquals("dom0", dom0.get("kind").getAsString());
        assertTrue(dom0.get("debt").isJsonNull());
        assertTrue(dom0.get("remedy").isJsonNull());
        JsonObject pod = all.get(2).getAsJsonObject();
        assertEquals("pvh", pod.get("kind").getAsString());
        assertEquals("xenjava", pod.get("origin").getAsString());
        assertEquals(65536, pod.get("told_kib").getAsLong());
        assertEquals(256, pod.get("debt").getAsLong());
        assertEquals("vulnerable", pod.get("verdict").getAsString());
        assertTrue(pod.get("remedy").getAsString().endsWith("xlj guard --once --domain 2"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"save", "migrate", "coredump", "map-memory", "attach-monitor"})
    void whatMightKillTheGuestIsRefused(String move) {
        Outcome refused = prompt.run("pod-check", "--before", move, "pod");
        assertEquals(1, refused.status());
        assertTrue(refused.out().startsWith("checked domain 2 for XSA-153: VULNERABLE"), refused.out());
        assertTrue(refused.err().contains(" domain 2: 256 pages of its memory are "), refused.err());
        assertEquals(
                new Outcome(0, "checked domain 1 for XSA-153: NOT vulnerable (not using PoD (any more))\n", ""),
                prompt.run("pod-check", "--before", move, "plain"));
    }

    @Test
    void aMemSetCanBeAwaited() {
        prompt.run("unpause", "pod");
        prompt.whileSleeping(() -> xen.advance(Duration.ofSeconds(1)));
        assertEquals(
                0, prompt.run("pod-check", "--watch", "--before", "save", "pod").status());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "pod-check --before save --all",
                "pod-check --before dance 1",
                "pod-check --explain --watch 1",
                "pod-check --explain --before save 1"
            })
    void whatDoesNotGoTogetherIsRefused(String line) {
        Outcome outcome = prompt.run(line.split(" "));
        assertEquals(255, outcome.status());
        assertEquals("", outcome.out());
    }
}
