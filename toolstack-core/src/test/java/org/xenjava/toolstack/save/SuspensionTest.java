// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.save;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.host.TestHost;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.store.WatchHub;
import org.xenjava.toolstack.xenctrl.HypercallException;

/** Suspensions of a guest that has no driver to be asked. */
class SuspensionTest {
    private static final String MARK = "/tool/xenjava/saves/requested";

    private final TestHost host = TestHost.create();
    private final Domain domain = start();
    private final StoreClient store = new StoreClient(host.observer.store());
    private final WatchHub events = new WatchHub(host.observer.store());

    private Domain start() {
        Domain guest = host.toolstack.create(TestHost.hvmGuest("web", 17, 17).build());
        guest.unpause();
        return guest;
    }

    @AfterEach
    void close() {
        events.close();
        host.close();
    }

    private Suspension suspension(Runnable way) {
        return new Suspension(
                store,
                events,
                domain.domid(),
                MARK,
                () -> host.xenctrl.domains().info(domain.domid()).orElseThrow(),
                Duration.ofSeconds(10),
                () -> Optional.of(way));
    }

    /** The vCPUs may stop after the call. The next process waits for them if it finds the mark. */
    @Test
    void aGuestThatIsStoppedWithoutBeingAskedIsMarkedUntilItHasStopped() {
        List<Boolean> marked = new ArrayList<>();
        suspension(() -> {
                    marked.add(store.direct().exists(MARK));
                    host.xenctrl.domains().remoteShutdown(domain.domid(), SuspendedGuest.REASON);
                })
                .suspend();
        assertEquals(List.of(true), marked);
        assertFalse(store.direct().exists(MARK));
        assertTrue(host.xenctrl.domains().info(domain.domid()).orElseThrow().shutdown());
    }

    /** Nobody waits for a guest that is not told to stop. */
    @Test
    void aGuestThatXenDoesNotStopIsNotMarked() {
        Suspension refused = suspension(() -> host.xenctrl.domains().remoteShutdown(12345, SuspendedGuest.REASON));
        assertThrows(HypercallException.class, refused::suspend);
        assertFalse(store.direct().exists(MARK));
    }
}
