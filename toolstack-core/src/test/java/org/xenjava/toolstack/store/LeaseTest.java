// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.xenjava.toolstack.process.ProcessIdentity;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.xenctrl.lib.Liveness;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;

class LeaseTest {
    private static final String PATH = "/tool/xenjava/test/lease";

    private final XenLibraries machine = SimulatedXen.create().connect();
    private final StoreClient store = new StoreClient(machine.store());
    private final Map<String, Liveness> others = new HashMap<>();
    private final ProcessIdentity processes = new ProcessIdentity() {
        @Override
        public String self() {
            return "me";
        }

        @Override
        public Liveness liveness(String identity) {
            return identity.equals("me") ? Liveness.ALIVE : others.getOrDefault(identity, Liveness.UNKNOWN);
        }
    };
    private final Lease lease = LeaseHolder.ofProcess(processes).lease(PATH);

    @AfterEach
    void close() {
        machine.close();
    }

    @Test
    void aFreeLeaseIsTakenAndReleasedWithoutATrace() {
        assertEquals(Lease.State.FREE, store.inTransaction(lease::take));
        assertEquals(Lease.State.OURS, lease.state(store.direct()));
        assertEquals(Optional.of("me"), lease.heldBy(store.direct()));
        assertTrue(store.inTransaction(lease::release));
        assertFalse(store.direct().exists("/tool/xenjava"));
    }

    @ParameterizedTest
    @EnumSource(
            value = Liveness.class,
            names = {"ALIVE", "UNKNOWN"})
    void aLeaseOfAProcessThatMayBeAliveIsLeftToIt(Liveness liveness) {
        others.put("other", liveness);
        store.direct().write(PATH, "other");
        assertEquals(Lease.State.HELD, store.inTransaction(lease::take));
        assertFalse(store.inTransaction(lease::release));
        assertEquals(Optional.of("other"), store.read(PATH));
    }

    @Test
    void aLeaseOfADeadProcessIsTakenOver() {
        others.put("other", Liveness.DEAD);
        store.direct().write(PATH, "other#7");
        assertEquals(Lease.State.ABANDONED, store.inTransaction(lease::take));
        assertEquals(Optional.of("me"), store.read(PATH));
    }

    @Test
    void twoHoldersOfOneProcessExcludeEachOther() {
        Lease one = LeaseHolder.withinProcess(processes).lease(PATH);
        Lease two = LeaseHolder.withinProcess(processes).lease(PATH);
        assertEquals(Lease.State.FREE, store.inTransaction(one::take));
        assertEquals(Lease.State.HELD, store.inTransaction(two::take));
        assertFalse(store.inTransaction(two::release));
        assertTrue(store.inTransaction(one::release));
    }
}
