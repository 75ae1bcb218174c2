// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.processor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xenjava.toolstack.cli.GuestFiles;
import org.xenjava.toolstack.cli.Prompt;
import org.xenjava.toolstack.cli.Prompt.Outcome;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.sim.guest.SimulatedGuest;

/** {@code vcpu-set} of guests that react and of guests that do not. */
class VcpuSetTest {
    @TempDir
    private Path directory;

    private SimulatedXen xen = machine(SimulatedGuest.linux());
    private Prompt prompt = prompt();

    private static SimulatedXen machine(SimulatedGuest guest) {
        return SimulatedXen.builder().cpus(4).guests(identity -> guest).build();
    }

    private Prompt prompt() {
        return Prompt.on(xen).whileSleeping(() -> xen.advance(Duration.ofMillis(250)));
    }

    private void create(String type) {
        String pvh = new GuestFiles(directory).config("g", "memory=64", "vcpus=2", "maxvcpus=3");
        String hvm = new GuestFiles(directory)
                .write(
                        "hvm.cfg",
                        "name='g'\ntype='hvm'\nmemory=64\nvcpus=2\nmaxvcpus=3\n".getBytes(StandardCharsets.UTF_8))
                .toString();
        Outcome created = prompt.run("create", type.equals("hvm") ? hvm : pvh);
        assertEquals(0, created.status(), created.err());
        xen.advance(Duration.ofSeconds(1));
        assertEquals("rr-", states());
    }

    /** A letter for each vCPU: r for online. */
    private String states() {
        StringBuilder states = new StringBuilder();
        prompt.run("vcpu-list", "g")
                .out()
                .lines()
                .skip(1)
                .forEach(line -> states.append(line.contains("--p") ? '-' : 'r'));
        return states.toString();
    }

    @Test
    void aPvhGuestGetsAndLosesVcpus() {
        create("pvh");
        assertEquals(0, prompt.run("vcpu-set", "--wait", "10", "g", "3").status());
        assertEquals("rrr", states());
        assertEquals(0, prompt.run("vcpu-set", "--wait", "10", "g", "1").status());
        assertEquals("r--", states());
    }

    @Test
    void withoutWaitTheCommandOnlyAsks() {
        create("pvh");
        assertEquals(0, prompt.run("vcpu-set", "g", "3").status());
        assertEquals("rr-", states());
        xen.advance(Duration.ofSeconds(1));
        assertEquals("rrr", states());
    }

    @Test
    void qemuAddsVcpusToAnHvmGuestAndRemovesNone() {
        create("hvm");
        assertEquals(0, prompt.run("vcpu-set", "--wait", "10", "g", "3").status());
        assertEquals("rrr", states());
        assertEquals(0, prompt.run("vcpu-set", "g", "3").status());
        Outcome refused = prompt.run("vcpu-set", "g", "1");
        assertEquals(1, refused.status());
        assertTrue(refused.err().contains("can unplug none"), refused.err());
        xen.advance(Duration.ofSeconds(1));
        assertEquals("rrr", states());
        assertTrue(prompt.run("list", "-l", "g").out().replaceAll("\\s", "").contains("\"avail_vcpus\":[0,1,2]"));
    }

    @Test
    void aGuestThatDoesNotFollowIsReportedAfterTheWait() {
        xen = machine(SimulatedGuest.linux().ignoringNewVcpus());
        prompt = prompt();
        Outcome created =
                prompt.run("create", new GuestFiles(directory).config("g", "memory=64", "vcpus=1", "maxvcpus=2"));
        assertEquals(0, created.status(), created.err());
        Outcome late = prompt.run("vcpu-set", "--wait", "3", "g", "2");
        assertEquals(1, late.status());
        assertEquals("xlj: the guest has 1 vCPUs online after 3 seconds, not 2\n", late.err());
        assertEquals(Duration.ofSeconds(3), prompt.time());
    }

    @Test
    void whatCannotBeIsRefused() {
        create("pvh");
        for (String count : new String[] {"0", "4", "9", "-1"}) {
            Outcome refused = prompt.run("vcpu-set", "-i", "--", "g", count);
            assertEquals(1, refused.status(), refused.toString());
        }
        assertEquals(2, prompt.run("vcpu-set", "g", "two").status());
        assertEquals("rr-", states());
    }

    @Test
    void moreVcpusThanTheHostHasCpusNeedConsent() {
        xen = SimulatedXen.builder()
                .cpus(2)
                .guests(identity -> SimulatedGuest.linux())
                .build();
        prompt = prompt();
        create("pvh");
        Outcome refused = prompt.run("vcpu-set", "g", "3");
        assertEquals(1, refused.status());
        assertTrue(refused.err().contains("-i allows more"), refused.err());
        assertEquals(0, prompt.run("vcpu-set", "-i", "--wait", "5", "g", "3").status());
        assertEquals("rrr", states());
    }

    @Test
    void aRestartKeepsTheNumber() {
        create("pvh");
        assertEquals(0, prompt.run("vcpu-set", "--wait", "10", "g", "1").status());
        assertTrue(prompt.run("list", "-l", "g").out().replaceAll("\\s", "").contains("\"avail_vcpus\":[0]"));
    }
}
