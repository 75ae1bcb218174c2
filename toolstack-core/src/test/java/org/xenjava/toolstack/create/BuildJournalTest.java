// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.device.DeviceModels;
import org.xenjava.toolstack.error.DomainExistsException;
import org.xenjava.toolstack.process.ProcessIdentity;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.sim.fault.MachineState;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.store.WatchHub;
import org.xenjava.toolstack.userdata.Userdata;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.lib.Liveness;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;

class BuildJournalTest {
    private static final String NOTES = "/tool/xenjava/builds/";

    private final SimulatedXen xen = SimulatedXen.create();
    private final XenLibraries machine = xen.connect();
    private final Xenctrl xenctrl = Xenctrl.open(machine);
    private final StoreClient store = new StoreClient(machine.store());
    private final WatchHub events = new WatchHub(machine.store());
    private final MachineState before = MachineState.of(machine);
    private final BuildJournal journal = new BuildJournal(store, new OnlyAlive("alive"));
    private final UUID uuid = UUID.randomUUID();

    /** Knows of one process, which is itself. */
    private record OnlyAlive(String self) implements ProcessIdentity {
        @Override
        public Liveness liveness(String identity) {
            if (identity.equals(self)) {
                return Liveness.ALIVE;
            }
            return identity.equals("dead") ? Liveness.DEAD : Liveness.UNKNOWN;
        }
    }

    @AfterEach
    void close() {
        events.close();
        machine.close();
    }

    private List<UUID> recover() {
        DomainRemoval removal = new DomainRemoval(
                xenctrl,
                store,
                HvmTestHost.devices(machine, store, events),
                HvmTestHost.pci(xenctrl, store, machine),
                new DeviceModels(store, events, xen.host(machine).deviceModels()),
                new OnlyAlive("alive"),
                Userdata.none());
        List<UUID> unfinished = journal.unfinished();
        unfinished.forEach(build -> assertTrue(journal.recover(xenctrl, removal, build)));
        return unfinished;
    }

    private List<String> changes() {
        return MachineState.of(machine).changesSince(before);
    }

    @Test
    void aNoteNamesItsProcessAndIsRemovedCompletely() {
        BuildJournal.Note note = journal.note(uuid);
        note.open();
        assertEquals("alive", store.read(NOTES + uuid).orElseThrow());
        note.close();
        note.close();
        assertEquals(List.of(), changes());
    }

    @Test
    void aSecondNoteOfOneUuidIsRefusedAndDoesNotCloseTheFirst() {
        journal.note(uuid).open();
        BuildJournal.Note second = journal.note(uuid);
        DomainExistsException e = assertThrows(DomainExistsException.class, second::open);
        assertTrue(e.getMessage().contains("process alive"), e.getMessage());
        second.close();
        assertEquals("alive", store.read(NOTES + uuid).orElseThrow());
    }

    @Test
    void onlyNotesOfProcessesThatAreGoneAreRecovered() {
        journal.note(uuid).open();
        UUID orphan = UUID.randomUUID();
        store.direct().write(NOTES + orphan, "dead");
        assertEquals(List.of(orphan), recover());
        assertEquals(List.of(), recover());
        assertEquals(List.of(uuid.toString()), store.list("/tool/xenjava/builds"));
    }

    @Test
    void aBuildThatCouldNotBeUndoneIsRecoveredAlthoughItsProcessRuns() {
        BuildJournal.Note note = journal.note(uuid);
        note.open();
        note.giveUp();
        DomainExistsException e = assertThrows(
                DomainExistsException.class, () -> journal.note(uuid).open());
        assertTrue(e.getMessage().endsWith("remove the leftovers"), e.getMessage());
        assertEquals(List.of(uuid), recover());
        assertEquals(List.of(), changes());
    }

    @Test
    void aBuildWhoseProcessCannotBeSeenIsNotRecovered() {
        store.direct().write(NOTES + uuid, "somebody in another PID namespace");
        assertEquals(List.of(), recover());
        assertTrue(store.direct().exists(NOTES + uuid));
    }

    @Test
    void nodesThatAreNoRecordAreLeftAlone() {
        store.direct().write(NOTES + "garbage", "dead");
        assertEquals(List.of(), recover());
        assertTrue(store.direct().exists(NOTES + "garbage"));
    }
}
