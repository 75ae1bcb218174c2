// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.xenjava.toolstack.xenctrl.lib.XenStore.NO_TRANSACTION;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.sim.guest.SimulatedGuest;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.XenAccessException;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;
import org.xenjava.toolstack.xenctrl.lib.XenStore;
import org.xenjava.toolstack.xenctrl.lib.XenStorePermission;
import org.xenjava.toolstack.xenctrl.lib.XenStoreWatchEvent;

/** A xenstored that stops and starts again. */
class XenstoredRestartTest {
    private static final byte[] VALUE = "1".getBytes(UTF_8);

    private final SimulatedXen machine = SimulatedXen.create();

    private static Errno refusal(Runnable request) {
        return assertThrows(XenLibException.class, request::run).errno();
    }

    @Test
    void noRequestReachesAStoppedXenstored() {
        XenStore old = machine.connect().store();
        old.write(NO_TRANSACTION, "/kept", VALUE);
        machine.stopXenstored();
        assertEquals(Errno.EPIPE, refusal(() -> old.read(NO_TRANSACTION, "/kept")));
        assertEquals(Errno.EPIPE, refusal(() -> old.read(NO_TRANSACTION, "/kept")));
        XenAccessException refused =
                assertThrows(XenAccessException.class, () -> machine.connect().store());
        assertTrue(refused.getMessage().contains("ECONNREFUSED"), refused.getMessage());
    }

    @Test
    void aConnectionReachesAXenstoredThatStartedAgain() {
        XenStore old = machine.connect().store();
        old.write(NO_TRANSACTION, "/kept", VALUE);
        machine.stopXenstored();
        machine.startXenstored();
        assertArrayEquals(VALUE, old.read(NO_TRANSACTION, "/kept"));
        assertArrayEquals(VALUE, machine.connect().store().read(NO_TRANSACTION, "/kept"));
    }

    @Test
    void anOpenTransactionIsLostWithXenstored() {
        XenStore old = machine.connect().store();
        int transaction = old.transactionStart();
        old.write(transaction, "/lost", VALUE);
        machine.stopXenstored();
        machine.startXenstored();
        assertEquals(Errno.EPIPE, refusal(() -> old.transactionCommit(transaction)));
        assertEquals(Errno.ENOENT, refusal(() -> old.read(NO_TRANSACTION, "/lost")));
        XenStore fresh = machine.connect().store();
        assertEquals(Errno.ENOENT, refusal(() -> fresh.transactionCommit(transaction)));
    }

    @Test
    void aWatchFiresOnceMoreAfterARestart() {
        XenStore store = machine.connect().store();
        store.watch("/watched", "token");
        assertTrue(store.readWatch(Duration.ZERO).isPresent());
        machine.stopXenstored();
        assertEquals(Optional.empty(), store.readWatch(Duration.ofMillis(20)));
        machine.startXenstored();
        assertTrue(store.readWatch(Duration.ofSeconds(10)).isPresent());
        assertEquals(Optional.empty(), store.readWatch(Duration.ZERO));
        store.write(NO_TRANSACTION, "/watched", VALUE);
        assertTrue(store.readWatch(Duration.ZERO).isPresent());
    }

    @Test
    void aThreadThatWaitsForAWatchFollowsARestart() throws InterruptedException, ExecutionException, TimeoutException {
        XenStore store = machine.connect().store();
        store.watch("/watched", "token");
        assertTrue(store.readWatch(Duration.ZERO).isPresent());
        CompletableFuture<Optional<XenStoreWatchEvent>> waiting =
                CompletableFuture.supplyAsync(() -> store.readWatch(Duration.ofMinutes(1)));
        machine.stopXenstored();
        machine.startXenstored();
        assertEquals("token", waiting.get(10, TimeUnit.SECONDS).orElseThrow().token());
    }

    @Test
    void aXenstoredThatStartsEmptyHasTheNodesOfABootOnly() {
        machine.connect().store().write(NO_TRANSACTION, "/kept", VALUE);
        machine.stopXenstored();
        machine.startXenstoredEmpty();
        XenStore fresh = machine.connect().store();
        assertEquals(Errno.ENOENT, refusal(() -> fresh.read(NO_TRANSACTION, "/kept")));
        assertArrayEquals("Domain-0".getBytes(UTF_8), fresh.read(NO_TRANSACTION, "/local/domain/0/name"));
    }

    @Test
    void aGuestFollowsItsTargetAgainAfterARestart() {
        LibxlStyleBuild built;
        try (XenLibraries libraries = machine.connect()) {
            Xenctrl xen = Xenctrl.open(libraries);
            built = LibxlStyleBuild.pvh(xen, 128, 256);
            built.write("/memory/target", 131_072);
            xen.domains().unpause(built.domid);
            machine.advance(Duration.ofMinutes(1));
        }
        assertEquals("", machine.console());
        long before = machine.guest(built.domid).orElseThrow().balloonedPages();
        machine.stopXenstored();
        machine.advance(Duration.ofMinutes(1));
        machine.startXenstored();
        try (XenLibraries libraries = machine.connect()) {
            String target = "/local/domain/" + built.domid + "/memory/target";
            long kib = Long.parseLong(new String(libraries.store().read(NO_TRANSACTION, target), UTF_8));
            libraries
                    .store()
                    .write(NO_TRANSACTION, target, Long.toString(kib - 4096).getBytes(UTF_8));
            machine.advance(Duration.ofMinutes(1));
        }
        assertEquals(before + 1024, machine.guest(built.domid).orElseThrow().balloonedPages());
    }

    @Test
    void aGuestThatWritesInALoopMakesTransactionsConflictUntilItIsPaused() {
        SimulatedXen hostile = SimulatedXen.builder()
                .guests(identity -> SimulatedGuest.linux().hammeringXenstore())
                .build();
        try (XenLibraries libraries = hostile.connect()) {
            Xenctrl xen = Xenctrl.open(libraries);
            LibxlStyleBuild built = LibxlStyleBuild.pvh(xen, 128, 256);
            String data = "/local/domain/" + built.domid + "/data";
            libraries.store().write(NO_TRANSACTION, data, VALUE);
            libraries
                    .store()
                    .setPermissions(
                            NO_TRANSACTION,
                            data,
                            List.of(new XenStorePermission(built.domid, XenStorePermission.NONE)));
            xen.domains().unpause(built.domid);
            hostile.advance(Duration.ofSeconds(1));
            assertEquals(Errno.EAGAIN, refusal(() -> readInATransaction(libraries.store(), data)));
            xen.domains().pause(built.domid);
            readInATransaction(libraries.store(), data);
        }
    }

    private static void readInATransaction(XenStore store, String path) {
        int transaction = store.transactionStart();
        store.read(transaction, path);
        store.write(transaction, "/result", VALUE);
        store.transactionCommit(transaction);
    }
}
