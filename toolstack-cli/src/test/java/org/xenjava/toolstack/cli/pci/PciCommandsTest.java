// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.pci;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xenjava.toolstack.cli.GuestFiles;
import org.xenjava.toolstack.cli.Prompt;
import org.xenjava.toolstack.cli.Prompt.Outcome;
import org.xenjava.toolstack.sim.SimulatedXen;

/**
 * The commands about PCI devices, typed in as in the recordings of xl 4.17 on real Xen. Outputs are xl's; the exit
 * statuses are xl's except where a comment says otherwise.
 */
class PciCommandsTest {
    private static final Outcome DONE = new Outcome(0, "", "");

    private final SimulatedXen xen = SimulatedXen.builder()
            .iommu()
            .pciDevice("0000:00:08.0", "")
            .pciDevice("0000:00:09.0", "e1000")
            .build();
    private final Prompt prompt = Prompt.on(xen);
    private String guest = "";
    private String pod = "";
    private String pvh = "";

    @BeforeEach
    void writeGuests(@TempDir Path directory) {
        GuestFiles files = new GuestFiles(directory);
        String hvm = "name='pcihvm'\ntype='hvm'\nmemory=64\nvga='none'\npci=['00:08.0']\n";
        guest = files.write("guest.cfg", hvm.getBytes(StandardCharsets.UTF_8)).toString();
        pod = files.write("pod.cfg", (hvm + "maxmem=128\n").getBytes(StandardCharsets.UTF_8))
                .toString();
        pvh = files.config("pcipvh", "memory = 64", "pci=['00:08.0']");
    }

    @Test
    void devicesAreMadeAssignableListedAndReleased() {
        assertEquals(DONE, prompt.run("pci-assignable-list"));
        assertEquals(DONE, prompt.run("pci-assignable-add", "00:08.0"));
        assertEquals(
                new Outcome(0, "", "xlj: 0000:00:08.0 was assignable already\n"),
                prompt.run("pci-assignable-add", "00:08.0"));
        Outcome bad = prompt.run("pci-assignable-add", "00:1e.7");
        assertEquals(1, bad.status());
        assertTrue(bad.err().contains("this host has no PCI device 0000:00:1e.7"), bad.err());
        assertEquals(new Outcome(0, "0000:00:08.0 \n", ""), prompt.run("pci-assignable-list"));
        assertEquals(DONE, prompt.run("pci-assignable-remove", "00:08.0"));
        assertEquals(DONE, prompt.run("pci-assignable-add", "-n", "nic1", "00:08.0"));
        assertEquals(new Outcome(0, "0000:00:08.0 nic1\n", ""), prompt.run("pci-assignable-list", "-n"));
        assertTrue(prompt.run("pci-assignable-list", "--json").out().contains("\"name\": \"nic1\""));
        assertEquals(DONE, prompt.run("pci-assignable-remove", "-r", "nic1"));
        assertEquals(DONE, prompt.run("pci-assignable-list"));
    }

    @Test
    void aHostWithoutXenPcibackFails() {
        Outcome add = Prompt.on(
                        SimulatedXen.builder().pciDevice("0000:00:08.0", "").build())
                .run("pci-assignable-add", "00:08.0");
        assertEquals(1, add.status());
        assertTrue(add.err().contains("modprobe xen-pciback"), add.err());
    }

    @Test
    void guestsThatCannotHaveDevicesAreRefused() {
        prompt.run("pci-assignable-add", "00:08.0");
        // xl ends with 6.
        Outcome refused = prompt.run("create", "-p", pvh);
        assertEquals(1, refused.status());
        assertTrue(refused.err().contains("HVM and PV guests"), refused.err());
        refused = prompt.run("create", "-p", pod);
        assertEquals(1, refused.status());
        assertTrue(refused.err().contains("populate-on-demand"), refused.err());
    }

    @Test
    void aGuestWithADeviceGetsAnotherAndReleasesBoth() {
        prompt.run("pci-assignable-add", "00:08.0");
        Outcome created = prompt.run("create", guest);
        assertEquals(0, created.status(), created.err());
        xen.advance(Duration.ofSeconds(5));
        assertEquals(new Outcome(0, "Vdev Device\n04.0 0000:00:08.0\n", ""), prompt.run("pci-list", "pcihvm"));
        Outcome refused = prompt.run("pci-attach", "pcihvm", "00:09.0");
        assertEquals(1, refused.status());
        assertTrue(refused.err().contains("device 0000:00:09.0 is not assignable"), refused.err());
        prompt.run("pci-assignable-add", "00:09.0");
        assertEquals(DONE, prompt.run("pci-attach", "pcihvm", "00:09.0", "1a"));
        assertEquals(
                new Outcome(0, "Vdev Device\n04.0 0000:00:08.0\n1a.0 0000:00:09.0\n", ""),
                prompt.run("pci-list", "pcihvm"));
        assertTrue(prompt.run("pci-list", "--json", "pcihvm").out().contains("\"place\": \"1a.0\""));
        assertEquals(1, prompt.run("pci-assignable-remove", "00:08.0").status());
        assertEquals(DONE, prompt.run("pci-detach", "pcihvm", "00:08.0"));
        assertEquals(DONE, prompt.run("pci-detach", "-f", "pcihvm", "00:09.0"));
        assertEquals(DONE, prompt.run("pci-list", "pcihvm"));
        assertEquals(
                "0000:00:08.0 \n0000:00:09.0 \n",
                prompt.run("pci-assignable-list").out());
        assertEquals(0, prompt.run("destroy", "pcihvm").status());
    }

    @Test
    void aDeviceThatTheGuestHasNotEjectedIsListed() {
        prompt.run("pci-assignable-add", "00:08.0");
        assertEquals(0, prompt.run("create", "-p", guest).status());
        assertEquals(DONE, prompt.run("pci-detach", "-f", "pcihvm", "00:08.0"));
        assertEquals(new Outcome(0, "Vdev Device\nnot-ejected 0000:00:08.0\n", ""), prompt.run("pci-list", "pcihvm"));
        assertEquals(DONE, prompt.run("unpause", "pcihvm"));
        assertEquals(DONE, prompt.run("pci-detach", "pcihvm", "00:08.0"));
        assertEquals(DONE, prompt.run("pci-list", "pcihvm"));
        assertEquals("0000:00:08.0 \n", prompt.run("pci-assignable-list").out());
    }

    @Test
    void domain0HasAllOtherDevices() {
        prompt.run("pci-assignable-add", "00:08.0");
        // xl attaches a part of the device to domain 0, ends with 1, and leaves its nodes.
        assertEquals(
                new Outcome(1, "", "xlj: domain 0 has all PCI devices that no guest has\n"),
                prompt.run("pci-attach", "0", "00:08.0"));
    }
}
