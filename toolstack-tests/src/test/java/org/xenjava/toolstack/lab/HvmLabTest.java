// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.config.GraphicsConfig;
import org.xenjava.toolstack.config.GraphicsConfig.Vga;
import org.xenjava.toolstack.config.HvmConfig;
import org.xenjava.toolstack.xenctrl.PodTarget;

/** HVM guests: hvmloader, a BIOS and QEMU between the guest and Xen, and the same promise. */
class HvmLabTest extends LabFixture {
    @Test
    void aGuestWithFirmwareBootsAndBalloons() {
        Domain ours = toolstack.create(guest("hvm", Vga.NONE).build());
        PodTarget built = report("hvm 256/512 vga=none, built", ours);
        assertEquals(65280, built.debt());
        LabGuest guest = boot(ours);
        LabGuest.awaitSettled(ours, xenctrl);
        PodTarget settled = report("hvm 256/512 vga=none, ballooned", ours);
        assertEquals(0, settled.debt());
        Dom0.report(guest.say("status"));
    }

    private static DomainConfig.Builder guest(String name, Vga vga) {
        return LabGuest.config(name, 256, 512)
                .type(DomainType.HVM)
                .commandLine("console=hvc0 quiet pci=noearly")
                .hvm(HvmConfig.builder().graphics(GraphicsConfig.of(vga)).build());
    }
}
