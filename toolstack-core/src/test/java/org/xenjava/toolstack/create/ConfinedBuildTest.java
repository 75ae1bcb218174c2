// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.config.Confinement;
import org.xenjava.toolstack.config.DeviceModel;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.GraphicsConfig;
import org.xenjava.toolstack.config.GraphicsConfig.Vga;
import org.xenjava.toolstack.config.HvmConfig;
import org.xenjava.toolstack.error.DeviceModelException;
import org.xenjava.toolstack.sim.fault.MachineState;
import org.xenjava.toolstack.xenctrl.lib.DeviceModelProcess.ProcessPrivileges;

/** A create compares the rights of a started QEMU with those that it was to keep. */
class ConfinedBuildTest {
    private static final Optional<Confinement> REQUIRED = Optional.of(Confinement.REQUIRED);

    private final HvmTestHost host = HvmTestHost.create();
    private final MachineState before = host.state();

    @AfterEach
    void close() {
        host.close();
    }

    private static DomainConfig guest(Optional<Confinement> confinement) {
        HvmConfig machine =
                HvmConfig.builder().graphics(GraphicsConfig.of(Vga.NONE)).build();
        return HvmTestHost.guest("web", 64, 64, Vga.NONE)
                .hvm(machine)
                .deviceModel(new DeviceModel(Optional.empty(), List.of(), confinement, Optional.empty()))
                .build();
    }

    private String refusal(Optional<Confinement> confinement) {
        String message = assertThrows(DeviceModelException.class, () -> host.build(guest(confinement)))
                .getMessage();
        host.assertUnchangedSince(before);
        return message;
    }

    @Test
    void aConfinedQemuServesTheGuest() {
        assertEquals(1, host.build(guest(REQUIRED)));
    }

    @Test
    void rightsThatCannotBeSeenAreRefusedIfConfinementIsRequired() {
        host.deviceModel.privilegesSeen(rights -> Optional.empty());
        assertTrue(refusal(REQUIRED).contains("cannot be read in /proc"));
        assertEquals(2, host.build(guest(Optional.empty())));
    }

    @Test
    void aQemuThatKeepsRightsEndsTheCreate() {
        host.deviceModel.privilegesSeen(rights -> rights.map(
                dropped -> new ProcessPrivileges(0, dropped.capabilities(), dropped.noNewPrivileges(), "/")));
        assertTrue(refusal(Optional.empty()).contains("runs as user 0"));
        host.deviceModel.privilegesSeen(rights ->
                rights.map(dropped -> new ProcessPrivileges(dropped.uid(), 1, dropped.noNewPrivileges(), "/")));
        assertTrue(refusal(Optional.empty()).contains("with the capabilities 0x1"));
    }
}
