// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.store;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.xenjava.toolstack.xenctrl.lib.XenStore.NO_TRANSACTION;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;
import org.xenjava.toolstack.xenctrl.lib.XenStore;
import org.xenjava.toolstack.xenctrl.lib.XenStorePermission;
import org.xenjava.toolstack.xenctrl.lib.XenStoreWatchEvent;

class XenStoredTest {
    private final List<Integer> refused = new ArrayList<>();
    private final XenStored daemon = new XenStored(new ReentrantLock(), new Link());
    private final XenStore dom0 = daemon.connectProcess();
    private final StoreConnection guest = daemon.connectKernel(7);

    private final class Link implements XenStored.DomainLink {
        @Override
        public void connect(int domid, int port) {
            if (refused.contains(domid)) {
                throw new StoreRefusal(Errno.EINVAL);
            }
        }

        @Override
        public void disconnect(int domid) {
            // Nothing is held.
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String read(XenStore store, int transaction, String path) {
        return new String(store.read(transaction, path), StandardCharsets.UTF_8);
    }

    private static Errno refusal(Runnable call) {
        return assertThrows(XenLibException.class, call::run).errno();
    }

    private static List<XenStoreWatchEvent> events(XenStore store) {
        List<XenStoreWatchEvent> events = new ArrayList<>();
        Optional<XenStoreWatchEvent> next = store.readWatch(Duration.ZERO);
        while (next.isPresent()) {
            events.add(next.get());
            next = store.readWatch(Duration.ZERO);
        }
        return events;
    }

    // ---- nodes --------------------------------------------------------------------------------------------

    @Test
    void aWriteCreatesTheNodesAboveAndTheirChildrenAreListedInOrderOfCreation() {
        dom0.write(NO_TRANSACTION, "/a/z", bytes("1"));
        dom0.write(NO_TRANSACTION, "/a/b/c", bytes("2"));
        dom0.mkdir(NO_TRANSACTION, "/a/m");
        assertEquals(List.of("z", "b", "m"), dom0.directory(NO_TRANSACTION, "/a"));
        assertArrayEquals(new byte[0], dom0.read(NO_TRANSACTION, "/a/b"));
    }

    @Test
    void aRelativePathStartsAtTheConnectionsOwnDomain() {
        dom0.write(NO_TRANSACTION, "name", bytes("Domain-0"));
        assertEquals("Domain-0", read(dom0, NO_TRANSACTION, "/local/domain/0/name"));
    }

    @Test
    void removingANodeRemovesTheNodesBelow() {
        dom0.write(NO_TRANSACTION, "/a/b/c", bytes("2"));
        dom0.rm(NO_TRANSACTION, "/a/b");
        assertEquals(Errno.ENOENT, refusal(() -> dom0.read(NO_TRANSACTION, "/a/b/c")));
        assertEquals(List.of(), dom0.directory(NO_TRANSACTION, "/a"));
    }

    @Test
    void removingAMissingNodeIsAnErrorOnlyIfItsParentIsMissingToo() {
        dom0.mkdir(NO_TRANSACTION, "/a");
        dom0.rm(NO_TRANSACTION, "/a/missing");
        assertEquals(Errno.ENOENT, refusal(() -> dom0.rm(NO_TRANSACTION, "/b/missing")));
    }

    @Test
    void malformedPathsAreInvalid() {
        for (String path : List.of("/a//b", "/a/", "/a b", "/ä", "", "/" + "x".repeat(4000))) {
            assertEquals(Errno.EINVAL, refusal(() -> dom0.read(NO_TRANSACTION, path)), path);
        }
    }

    @Test
    void aValueLargerThanARingMessageIsRefused() {
        assertEquals(Errno.E2BIG, refusal(() -> dom0.write(NO_TRANSACTION, "/a", new byte[4096])));
    }

    // ---- permissions --------------------------------------------------------------------------------------

    @Test
    void aGuestReadsAndWritesOnlyWithPermission() {
        dom0.write(NO_TRANSACTION, "/local/domain/7/memory/target", bytes("1024"));
        String home = "/local/domain/7/memory/target";
        assertEquals(Errno.EACCES, refusal(() -> guest.read(NO_TRANSACTION, home)));
        dom0.setPermissions(NO_TRANSACTION, home, List.of(new XenStorePermission(0, 0), new XenStorePermission(7, 1)));
        assertEquals("1024", read(guest, NO_TRANSACTION, "memory/target"));
        assertEquals(Errno.EACCES, refusal(() -> guest.write(NO_TRANSACTION, home, bytes("1"))));
        dom0.setPermissions(NO_TRANSACTION, home, List.of(new XenStorePermission(7, 0)));
        guest.write(NO_TRANSACTION, home, bytes("1"));
    }

    @Test
    void aNewNodeInheritsPermissionsAndAGuestOwnsWhatItCreates() {
        dom0.mkdir(NO_TRANSACTION, "/local/domain/7/data");
        dom0.setPermissions(
                NO_TRANSACTION,
                "/local/domain/7/data",
                List.of(new XenStorePermission(0, 1), new XenStorePermission(7, 3)));
        guest.write(NO_TRANSACTION, "data/mine", bytes("x"));
        assertEquals(
                List.of(new XenStorePermission(7, 1), new XenStorePermission(7, 3)),
                dom0.getPermissions(NO_TRANSACTION, "/local/domain/7/data/mine"));
        dom0.write(NO_TRANSACTION, "/local/domain/7/data/yours", bytes("x"));
        assertEquals(
                new XenStorePermission(0, 1),
                dom0.getPermissions(NO_TRANSACTION, "/local/domain/7/data/yours")
                        .get(0));
    }

    @Test
    void aGuestGetsNoInformationAboutNodesThatItMayNotRead() {
        dom0.mkdir(NO_TRANSACTION, "/secret");
        assertEquals(Errno.EACCES, refusal(() -> guest.read(NO_TRANSACTION, "/secret/missing")));
        dom0.mkdir(NO_TRANSACTION, "/shown");
        dom0.setPermissions(NO_TRANSACTION, "/shown", List.of(new XenStorePermission(0, 1)));
        assertEquals(Errno.ENOENT, refusal(() -> guest.read(NO_TRANSACTION, "/shown/missing")));
        assertEquals(Errno.EACCES, refusal(() -> guest.rm(NO_TRANSACTION, "/shown/missing")));
        assertEquals(Errno.EACCES, refusal(() -> guest.rm(NO_TRANSACTION, "/shown/missing/below")));
        dom0.rm(NO_TRANSACTION, "/shown/missing");
        assertEquals(Errno.ENOENT, refusal(() -> dom0.rm(NO_TRANSACTION, "/shown/missing/below")));
    }

    @Test
    void onlyTheOwnerChangesPermissionsAndNobodyButDom0GivesNodesAway() {
        dom0.mkdir(NO_TRANSACTION, "/n");
        List<XenStorePermission> mine = List.of(new XenStorePermission(7, 0));
        assertEquals(Errno.EACCES, refusal(() -> guest.setPermissions(NO_TRANSACTION, "/n", mine)));
        dom0.setPermissions(NO_TRANSACTION, "/n", mine);
        List<XenStorePermission> given = List.of(new XenStorePermission(8, 0));
        assertEquals(Errno.EPERM, refusal(() -> guest.setPermissions(NO_TRANSACTION, "/n", given)));
    }

    // ---- transactions -------------------------------------------------------------------------------------

    @Test
    void aTransactionIsSeenWholeOrNotAtAll() {
        int transaction = dom0.transactionStart();
        dom0.write(transaction, "/a/b", bytes("1"));
        assertEquals("1", read(dom0, transaction, "/a/b"));
        assertEquals(Errno.ENOENT, refusal(() -> dom0.read(NO_TRANSACTION, "/a/b")));
        dom0.transactionCommit(transaction);
        assertEquals("1", read(dom0, NO_TRANSACTION, "/a/b"));
        assertEquals(Errno.ENOENT, refusal(() -> dom0.transactionCommit(transaction)));
    }

    @Test
    void anAbortedTransactionLeavesNothing() {
        int transaction = dom0.transactionStart();
        dom0.write(transaction, "/a", bytes("1"));
        dom0.transactionAbort(transaction);
        assertEquals(Errno.ENOENT, refusal(() -> dom0.read(NO_TRANSACTION, "/a")));
        assertEquals(Errno.ENOENT, refusal(() -> dom0.read(transaction, "/a")));
    }

    @Test
    void aTransactionReadsTheSameValueTwiceAlthoughTheNodeHasChanged() {
        dom0.write(NO_TRANSACTION, "/a", bytes("1"));
        int transaction = dom0.transactionStart();
        assertArrayEquals(bytes("1"), dom0.read(transaction, "/a"));
        dom0.rm(NO_TRANSACTION, "/a");
        assertArrayEquals(bytes("1"), dom0.read(transaction, "/a"));
    }

    @Test
    void aNodeThatWasReadAndHasChangedSinceIsAConflict() {
        dom0.write(NO_TRANSACTION, "/a", bytes("1"));
        int transaction = dom0.transactionStart();
        dom0.read(transaction, "/a");
        dom0.write(transaction, "/b", bytes("2"));
        dom0.write(NO_TRANSACTION, "/a", bytes("1"));
        assertEquals(Errno.EAGAIN, refusal(() -> dom0.transactionCommit(transaction)));
        assertEquals(Errno.ENOENT, refusal(() -> dom0.read(NO_TRANSACTION, "/b")));
    }

    @Test
    void creatingBesideANodeThatSomebodyElseCreatesIsAConflict() {
        dom0.mkdir(NO_TRANSACTION, "/dir");
        int transaction = dom0.transactionStart();
        dom0.write(transaction, "/dir/mine", bytes("1"));
        dom0.write(NO_TRANSACTION, "/dir/yours", bytes("2"));
        assertEquals(Errno.EAGAIN, refusal(() -> dom0.transactionCommit(transaction)));
    }

    @Test
    void readingThatANodeIsMissingConflictsWithItsCreation() {
        int transaction = dom0.transactionStart();
        assertEquals(Errno.ENOENT, refusal(() -> dom0.read(transaction, "/x")));
        dom0.write(NO_TRANSACTION, "/x", bytes("1"));
        assertEquals(Errno.EAGAIN, refusal(() -> dom0.transactionCommit(transaction)));
    }

    @Test
    void changesElsewhereAreNoConflict() {
        dom0.mkdir(NO_TRANSACTION, "/mine");
        dom0.mkdir(NO_TRANSACTION, "/yours");
        int transaction = dom0.transactionStart();
        dom0.write(transaction, "/mine/a", bytes("1"));
        dom0.write(NO_TRANSACTION, "/yours/a", bytes("2"));
        dom0.transactionCommit(transaction);
        assertEquals("1", read(dom0, NO_TRANSACTION, "/mine/a"));
    }

    @Test
    void aSubtreeRemovedInATransactionIsGoneAfterIt() {
        dom0.write(NO_TRANSACTION, "/a/b/c", bytes("1"));
        int transaction = dom0.transactionStart();
        dom0.rm(transaction, "/a/b");
        dom0.write(transaction, "/a/d", bytes("2"));
        dom0.transactionCommit(transaction);
        assertEquals(List.of("d"), dom0.directory(NO_TRANSACTION, "/a"));
    }

    // ---- watches ------------------------------------------------------------------------------------------

    @Test
    void aWatchFiresAtOnceAndThenForChangesAtAndBelow() {
        dom0.watch("/a", "t");
        dom0.write(NO_TRANSACTION, "/a/b", bytes("1"));
        dom0.write(NO_TRANSACTION, "/ab", bytes("1"));
        assertEquals(List.of(new XenStoreWatchEvent("/a", "t"), new XenStoreWatchEvent("/a/b", "t")), events(dom0));
        dom0.setPermissions(NO_TRANSACTION, "/a", List.of(new XenStorePermission(0, 1)));
        assertEquals(List.of(new XenStoreWatchEvent("/a", "t")), events(dom0));
    }

    @Test
    void removingATreeFiresTheWatchesInsideIt() {
        dom0.write(NO_TRANSACTION, "/a/b/c", bytes("1"));
        dom0.watch("/a/b/c", "inside");
        dom0.watch("/a", "above");
        events(dom0);
        dom0.rm(NO_TRANSACTION, "/a/b");
        assertEquals(
                List.of(new XenStoreWatchEvent("/a/b/c", "inside"), new XenStoreWatchEvent("/a/b", "above")),
                events(dom0));
    }

    @Test
    void aTransactionFiresOnlyWhenItIsCommitted() {
        dom0.watch("/a", "t");
        events(dom0);
        int transaction = dom0.transactionStart();
        dom0.write(transaction, "/a", bytes("1"));
        assertEquals(List.of(), events(dom0));
        dom0.transactionCommit(transaction);
        assertEquals(List.of(new XenStoreWatchEvent("/a", "t")), events(dom0));
    }

    @Test
    void aRelativeWatchReportsRelativePaths() {
        dom0.write(NO_TRANSACTION, "/local/domain/7/memory/target", bytes("1"));
        dom0.setPermissions(NO_TRANSACTION, "/local/domain/7/memory/target", List.of(new XenStorePermission(0, 1)));
        guest.watch("memory", "m");
        dom0.write(NO_TRANSACTION, "/local/domain/7/memory/target", bytes("2"));
        assertEquals(
                List.of(new XenStoreWatchEvent("memory", "m"), new XenStoreWatchEvent("memory/target", "m")),
                events(guest));
    }

    @Test
    void anEndedWatchReportsNothingAndDropsQueuedEvents() {
        dom0.watch("/a", "t");
        dom0.unwatch("/a", "t");
        dom0.write(NO_TRANSACTION, "/a", bytes("1"));
        assertEquals(List.of(), events(dom0));
        assertEquals(Errno.ENOENT, refusal(() -> dom0.unwatch("/a", "t")));
    }

    @Test
    void theSameWatchTwiceIsRefused() {
        dom0.watch("/a", "t");
        assertEquals(Errno.EEXIST, refusal(() -> dom0.watch("/a", "t")));
    }

    // ---- domains ------------------------------------------------------------------------------------------

    @Test
    void introducingADomainFiresOnceAndReleasingItFiresAgain() {
        dom0.watch("@introduceDomain", "in");
        dom0.watch("@releaseDomain", "out");
        events(dom0);
        dom0.introduceDomain(7, 0xfeffc, 1);
        assertEquals(List.of(new XenStoreWatchEvent("@introduceDomain", "in")), events(dom0));
        dom0.introduceDomain(7, 0xfeffc, 1);
        assertEquals(List.of(), events(dom0));
        assertTrue(dom0.isDomainIntroduced(7));
        XenStoreWatchEvent released = new XenStoreWatchEvent("@releaseDomain", "out");
        daemon.domainChanged(7);
        assertEquals(List.of(released), events(dom0));
        daemon.domainDied(7);
        assertEquals(List.of(released), events(dom0));
        daemon.domainDied(7);
        assertEquals(List.of(), events(dom0));
        assertFalse(dom0.isDomainIntroduced(7));
    }

    @Test
    void aDomainThatCannotBeReachedIsNotIntroduced() {
        refused.add(7);
        assertEquals(Errno.EINVAL, refusal(() -> dom0.introduceDomain(7, 0xfeffc, 1)));
        assertEquals(Errno.EINVAL, refusal(() -> dom0.introduceDomain(8, 0xfeffc, 0)));
        assertFalse(dom0.isDomainIntroduced(7));
        assertEquals(Errno.EACCES, refusal(() -> guest.introduceDomain(8, 0xfeffc, 1)));
    }

    @Test
    void aClosedConnectionAnswersNothing() {
        guest.close();
        assertEquals(Errno.EBADF, refusal(() -> guest.read(NO_TRANSACTION, "/")));
    }

    @Test
    void aThreadThatWaitsForAWatchIsWokenByAnotherThreadsWrite() throws InterruptedException {
        dom0.watch("/a", "t");
        events(dom0);
        List<XenStoreWatchEvent> seen = new ArrayList<>();
        Thread reader = new Thread(() -> dom0.readWatch(Duration.ofMinutes(1)).ifPresent(seen::add));
        reader.start();
        daemon.connectProcess().write(NO_TRANSACTION, "/a", bytes("1"));
        reader.join();
        assertEquals(List.of(new XenStoreWatchEvent("/a", "t")), seen);
    }
}
