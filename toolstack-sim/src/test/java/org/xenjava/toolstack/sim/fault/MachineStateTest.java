// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.fault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.xenctrl.CreateDomain;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.abi.DomctlOp;
import org.xenjava.toolstack.xenctrl.lib.MappedPages;
import org.xenjava.toolstack.xenctrl.lib.Protection;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;
import org.xenjava.toolstack.xenctrl.lib.XenStore;
import org.xenjava.toolstack.xenctrl.lib.XenStorePermission;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;

class MachineStateTest {
    private final XenLibraries machine = SimulatedXen.create().connect();
    private final Xenctrl xenctrl = Xenctrl.open(machine);
    private final MachineState before = MachineState.of(machine);

    @AfterEach
    void close() {
        machine.close();
    }

    private List<String> changes() {
        return MachineState.of(machine).changesSince(before);
    }

    private int createDomain() {
        int domid = xenctrl.domains()
                .create(new CreateDomain(
                        UUID.randomUUID(), DomctlOp.CDF_HVM | DomctlOp.CDF_HAP, DomctlOp.EMU_LAPIC, 1, 1));
        xenctrl.memory().setMaxMem(domid, KiB.of(4096));
        return domid;
    }

    @Test
    void anIdleMachineDoesNotChange() {
        assertEquals(List.of(), changes());
    }

    @Test
    void aDomainAndItsMemoryAreSeen() {
        createDomain();
        assertEquals(2, changes().size());
        assertTrue(changes().get(0).startsWith("host memory: "), changes().toString());
        assertTrue(
                changes().get(1).startsWith("domain 1: absent, now "), changes().toString());
    }

    @Test
    void aClaimIsSeen() {
        int domid = createDomain();
        MachineState unclaimed = MachineState.of(machine);
        xenctrl.memory().claimPages(domid, Pages.of(7));
        List<String> changes = MachineState.of(machine).changesSince(unclaimed);
        assertTrue(changes.get(0).endsWith(", 7 claimed"), changes.toString());
    }

    @Test
    void aMappedPageOfADeadDomainIsListedWithTheZombie() {
        int domid = createDomain();
        xenctrl.memory().populatePhysmap(domid, new long[] {7}, 0, 0);
        MappedPages mapping = machine.foreignMemory().map(domid, Protection.READ, 7);
        xenctrl.domains().destroy(domid);
        assertEquals(2, changes().size());
        mapping.close();
        assertEquals(List.of(), changes());
    }

    @Test
    void aNodeItsValueAndItsPermissionsAreSeen() {
        machine.store().write(XenStore.NO_TRANSACTION, "/tool/a/b", "1".getBytes(StandardCharsets.UTF_8));
        assertEquals(
                List.of("xenstore /tool/a: absent, now \"\"   (n0)", "xenstore /tool/a/b: absent, now \"1\"   (n0)"),
                changes());
        machine.store()
                .setPermissions(
                        XenStore.NO_TRANSACTION,
                        "/tool/a",
                        List.of(
                                new XenStorePermission(0, XenStorePermission.NONE),
                                new XenStorePermission(3, XenStorePermission.READ | XenStorePermission.WRITE)));
        assertTrue(
                changes().contains("xenstore /tool/a: absent, now \"\"   (n0,b3)"),
                changes().toString());
    }
}
