// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.DomainStatus;
import org.xenjava.toolstack.ShutdownReason;
import org.xenjava.toolstack.ShutdownRequest;
import org.xenjava.toolstack.pod.PodVerdict;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;
import org.xenjava.toolstack.xenctrl.units.PodCounters;

/** The project's one job: a PoD guest built by this library boots, balloons, and cannot die of PoD. */
class PvhBootLabTest extends LabFixture {
    @Test
    void aGuestWithHalfOfItsMemoryOnDemandBootsAndBalloonsBesideXlsOwn() {
        Domain ours = toolstack.create(LabGuest.config("ours", 256, 512).build());
        PodCounters built = report("ours 256/512, built", ours);
        assertEquals(Pages.of(66048), ours.memory().status().maxPages());
        assertEquals(65280, built.debt());
        assertEquals(KiB.ofMiB(256), ours.memory().status().target());
        assertEquals(PodVerdict.VULNERABLE, ours.pod().status().verdict());

        LabGuest guest = boot(ours);
        assertTrue(Dom0.xl("list").contains("ours"));
        LabGuest.awaitSettled(ours, xenctrl);
        PodCounters settled = report("ours 256/512, ballooned", ours);
        assertEquals(0, settled.debt());
        assertEquals(KiB.ofMiB(256), ours.memory().status().target());
        assertEquals(65536 + 8, settled.totPages(), 1, "the slack went back to Xen");
        assertEquals(PodVerdict.NOT_VULNERABLE, ours.pod().status().verdict());
        assertTrue(guest.say("status").contains("current_kb=261756"));
        ours.destroy();
        assertFalse(ours.exists());

        Path config = LabGuest.xlConfig("xls", 256, 512);
        Dom0.xl("create", "-p", config.toString());
        Domain xls = named("xls");
        report("xl's 256/512, built", xls);
        boot(xls);
        LabGuest.awaitSettled(xls, xenctrl);
        report("xl's 256/512, ballooned", xls);
        // Ours on xl's: the same destroy for both.
        xls.destroy();
        assertFalse(Dom0.xl("list").contains("xls"));
    }

    @ParameterizedTest(name = "memory={0} maxmem={1}")
    @CsvSource({"1000, 1537", "256, 256", "256, 257", "512, 4608"})
    void anySizeBootsAndSettlesWithoutDebt(long memory, long maxMemory) {
        Domain domain =
                toolstack.create(LabGuest.config("sized", memory, maxMemory).build());
        String size = memory + "/" + maxMemory;
        PodCounters built = report(size + ", built", domain);
        long difference = (maxMemory - memory) * 256;
        assertEquals(Math.max(0, difference - 256), built.debt());
        boot(domain);
        LabGuest.awaitSettled(domain, xenctrl);
        PodCounters settled = report(size + ", ballooned", domain);
        assertEquals(0, settled.debt());
        assertEquals(KiB.ofMiB(memory), domain.memory().status().target());
        assertEquals(memory * 256 + 8, settled.totPages(), 1, "special and ACPI pages, less one that Linux frees");
    }

    @Test
    void theVmlinuxBootsAndPowersOffOnRequest() {
        Domain domain = toolstack.create(LabGuest.config("elf", 192, 256)
                .kernel(Dom0.GUESTS.resolve("vmlinux"))
                .vcpus(2)
                .maxVcpus(3)
                .build());
        LabGuest guest = boot(domain);
        assertTrue(guest.say("sh cat /sys/devices/system/cpu/online").contains("0-1"), "two of three vCPUs are up");
        domain.lifecycle().requestShutdown(ShutdownRequest.POWEROFF);
        assertEquals(ShutdownReason.POWEROFF, domain.lifecycle().awaitShutdown(Duration.ofMinutes(2)));
    }

    @Test
    void aGuestRebootsOnRequestAndCanCrash() {
        Domain rebooting =
                toolstack.create(LabGuest.config("rebooting", 192, 256).build());
        boot(rebooting);
        rebooting.lifecycle().requestShutdown(ShutdownRequest.REBOOT);
        assertEquals(ShutdownReason.REBOOT, rebooting.lifecycle().awaitShutdown(Duration.ofMinutes(2)));
        rebooting.destroy();

        Domain crashing = toolstack.create(LabGuest.config("crashing", 192, 256).build());
        boot(crashing).say("crash");
        assertEquals(ShutdownReason.CRASH, crashing.lifecycle().awaitShutdown(Duration.ofMinutes(2)));
    }

    @Test
    void xlSeesOurDomainShowsItsConsolePausesAndDestroysIt() {
        Domain domain = toolstack.create(LabGuest.config("shared", 192, 384).build());
        boot(domain);
        assertEquals(domain.domid(), Dom0.domid("shared"));
        Dom0.xl("pause", "shared");
        assertTrue(domain.status().states().contains(DomainStatus.State.PAUSED));
        domain.unpause();
        domain.unpause();
        // It shows what xenconsoled has kept, and would end with its input.
        String console =
                Dom0.run("sh", "-c", "sleep 10 | timeout 20 xl console shared").text();
        assertTrue(console.contains("GUEST READY"), console);
        Dom0.report("xl console: " + console.strip().replace("\n", " | "));
        Dom0.xl("destroy", "shared");
        assertTrue(domain.lifecycle().awaitGone(Duration.ofSeconds(30)));
    }
}
