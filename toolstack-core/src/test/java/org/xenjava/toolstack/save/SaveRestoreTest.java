// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.save;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.DomainSaving.Afterwards;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.device.view.DetachMode;
import org.xenjava.toolstack.error.DomainExistsException;
import org.xenjava.toolstack.error.DomainStateException;
import org.xenjava.toolstack.error.OperationCancelledException;
import org.xenjava.toolstack.error.PodDebtException;
import org.xenjava.toolstack.error.SaveStreamException;
import org.xenjava.toolstack.host.TestHost;
import org.xenjava.toolstack.progress.Cancellation;
import org.xenjava.toolstack.progress.CreateListener;
import org.xenjava.toolstack.progress.DumpListener;
import org.xenjava.toolstack.xenctrl.DomainInfo;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.PodCounters;

class SaveRestoreTest {
    private final TestHost host = TestHost.create();

    @TempDir
    Path directory;

    @AfterEach
    void close() {
        host.close();
    }

    /** Numbers that a round trip must not change. */
    private record Numbers(
            long pages, long maxPages, PodCounters pod, String target, String staticMax, long ballooned) {}

    private Numbers numbers(Domain domain) {
        DomainInfo info = host.xenctrl.domains().info(domain.domid()).orElseThrow();
        return new Numbers(
                info.totPages(),
                info.maxPages(),
                host.xenctrl.memory().podTarget(domain.domid()),
                node(domain, "memory/target"),
                node(domain, "memory/static-max"),
                host.xen.guest(domain.domid()).orElseThrow().balloonedPages());
    }

    private String node(Domain domain, String path) {
        return new String(host.observer.store().read(0, "/local/domain/" + domain.domid() + "/" + path));
    }

    private Domain start(long memory, long maxMemory) {
        Domain domain =
                host.toolstack.create(TestHost.guest("web", memory, maxMemory).build());
        domain.unpause();
        host.xen.advance(Duration.ofMinutes(1));
        return domain;
    }

    /** Saves while virtual time passes, which the guest needs to suspend itself. */
    private void save(Domain domain, Path file, Afterwards afterwards) {
        save(domain, file, afterwards, DumpListener.NONE, new Cancellation());
    }

    private void save(
            Domain domain, Path file, Afterwards afterwards, DumpListener listener, Cancellation cancellation) {
        PassingTime.during(host.xen, () -> domain.saving().save(file, afterwards, listener, cancellation));
    }

    private Domain restore(Path file) {
        Domain domain = host.toolstack.restore(file, CreateListener.NONE, new Cancellation());
        domain.unpause();
        host.xen.advance(Duration.ofMinutes(1));
        return domain;
    }

    @Test
    void tenRoundsOfSaveAndRestoreChangeNoNumber() throws IOException {
        Path file = directory.resolve("web.save");
        Domain domain = start(20, 40);
        host.xen.guest(domain.domid()).orElseThrow().loadExcept(1000);
        Numbers before = numbers(domain);
        assertTrue(before.ballooned() > 0);
        Numbers expected = new Numbers(
                before.pages(),
                before.maxPages(),
                new PodCounters(before.pages(), 0, 0),
                before.target(),
                before.staticMax(),
                before.ballooned());
        for (int round = 0; round < 10; round++) {
            save(domain, file, Afterwards.DESTROY);
            assertFalse(domain.exists());
            domain = restore(file);
            assertEquals(expected, numbers(domain), "round " + round);
        }
        assertEquals(List.of(file), files());
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
    }

    @Test
    void aGuestWithoutPopulateOnDemandKeepsItsNumbers() {
        Path file = directory.resolve("web.save");
        Domain domain = start(20, 20);
        Numbers before = numbers(domain);
        for (int round = 0; round < 2; round++) {
            save(domain, file, Afterwards.DESTROY);
            domain = restore(file);
            assertEquals(before, numbers(domain), "round " + round);
        }
    }

    private List<Path> files() throws IOException {
        try (var files = Files.list(directory)) {
            return files.toList();
        }
    }

    @Test
    void aRestoredGuestHasTheContentsOfItsPagesAndItsBalloonWorks() {
        Path file = directory.resolve("web.save");
        Domain domain = start(20, 40);
        host.xen.guest(domain.domid()).orElseThrow().load();
        save(domain, file, Afterwards.DESTROY);
        Domain restored = restore(file);
        Path again = directory.resolve("again.save");
        save(restored, again, Afterwards.RESUME);
        assertEquals(contents(file), contents(again));
        restored.memory().set(KiB.ofMiB(40));
        host.xen.advance(Duration.ofMinutes(1));
        assertEquals(0, host.xen.guest(restored.domid()).orElseThrow().balloonedPages());
    }

    private static List<Long> contents(Path file) {
        return SavedContents.of(file);
    }

    @Test
    void aGuestRunsOnAfterASaveThatLeavesItRunning() {
        Domain domain = start(20, 20);
        save(domain, directory.resolve("web.save"), Afterwards.RESUME);
        DomainInfo info = host.xenctrl.domains().info(domain.domid()).orElseThrow();
        assertFalse(info.shutdown());
        assertFalse(info.paused());
        host.xen.guest(domain.domid()).orElseThrow().load();
        save(domain, directory.resolve("web.save"), Afterwards.RESUME_PAUSED);
        assertTrue(host.xenctrl.domains().info(domain.domid()).orElseThrow().paused());
        domain.unpause();
        save(domain, directory.resolve("web.save"), Afterwards.DESTROY);
    }

    @Test
    void aGuestWithDebtIsNotSaved() throws IOException {
        Domain domain = host.toolstack.create(TestHost.guest("web", 64, 128).build());
        PodDebtException e = assertThrows(
                PodDebtException.class, () -> domain.saving().save(directory.resolve("web.save"), Afterwards.DESTROY));
        assertTrue(e.getMessage().contains("16128 pages"), e.getMessage());
        assertEquals(List.of(), files());
    }

    @Test
    void aGuestThatCannotSuspendItselfIsRefusedAtOnce() {
        Domain paused = host.toolstack.create(TestHost.guest("web", 64, 64).build());
        assertRefused(paused, "is paused and cannot suspend itself");
        paused.unpause();
        host.xen.advance(Duration.ofMinutes(1));
        host.xen.guest(paused.domid()).orElseThrow().shutDown(3);
        assertRefused(paused, "has shut down (reason 3) and cannot suspend itself");
    }

    private void assertRefused(Domain domain, String message) {
        DomainStateException e = assertThrows(DomainStateException.class, () -> domain.saving()
                .save(directory.resolve("web.save"), Afterwards.DESTROY));
        assertTrue(e.getMessage().contains(message), e.getMessage());
    }

    @Test
    void aSaveThatIsCancelledLeavesTheGuestRunningAndTheOldFile() throws IOException {
        Path file = Files.writeString(directory.resolve("web.save"), "old");
        Domain domain = start(20, 20);
        Cancellation cancellation = new Cancellation();
        assertThrows(
                OperationCancelledException.class,
                () -> save(domain, file, Afterwards.DESTROY, (looked, all) -> cancellation.cancel(), cancellation));
        assertFalse(host.xenctrl.domains().info(domain.domid()).orElseThrow().shutdown());
        assertEquals("old", Files.readString(file));
        assertEquals(List.of(file), files());
    }

    @Test
    void anotherProcessChangesNothingOfAGuestThatIsBeingSaved() {
        Domain domain = start(20, 20);
        List<String> refusals = new ArrayList<>();
        try (Toolstack other = host.newProcess().open()) {
            Domain seen = other.find(domain.uuid()).orElseThrow();
            DumpListener meanwhile = (looked, all) -> {
                refusals.add(refusal(() -> seen.memory().set(KiB.ofMiB(18))));
                refusals.add(refusal(() -> seen.devices().detachNic(0, DetachMode.IF_GUEST_AGREES)));
            };
            save(domain, directory.resolve("web.save"), Afterwards.RESUME, meanwhile, new Cancellation());
        }
        assertFalse(refusals.isEmpty());
        assertTrue(
                refusals.stream().allMatch(refusal -> refusal.contains("the guest has suspended itself")),
                refusals.toString());
    }

    @Test
    void anotherProcessDoesNotSaveAGuestThatIsBeingSavedAndLeavesItSuspended() throws IOException {
        Domain domain = start(20, 20);
        List<String> refusals = new ArrayList<>();
        Path second = directory.resolve("second.save");
        try (Toolstack other = host.newProcess().open()) {
            Domain seen = other.find(domain.uuid()).orElseThrow();
            DumpListener meanwhile = (looked, all) -> {
                refusals.add(refusal(() -> seen.saving().save(second, Afterwards.RESUME)));
                assertTrue(host.xenctrl
                        .domains()
                        .info(domain.domid())
                        .orElseThrow()
                        .shutdown());
            };
            save(domain, directory.resolve("web.save"), Afterwards.RESUME, meanwhile, new Cancellation());
        }
        assertFalse(refusals.isEmpty());
        assertEquals(List.of(directory.resolve("web.save")), files());
        assertFalse(host.xenctrl.domains().info(domain.domid()).orElseThrow().shutdown());
    }

    @Test
    void aSaveToAFileThatAnotherSaveWritesIsRefusedAndItsGuestRunsOn() throws IOException {
        Domain domain = start(20, 20);
        Domain second = host.toolstack.create(TestHost.guest("second", 20, 20).build());
        second.unpause();
        host.xen.advance(Duration.ofMinutes(1));
        Path file = directory.resolve("web.save");
        List<String> refusals = new ArrayList<>();
        DumpListener meanwhile = (looked, all) -> {
            SaveStreamException e = assertThrows(
                    SaveStreamException.class, () -> second.saving().save(file, Afterwards.DESTROY));
            refusals.add(String.valueOf(e.getMessage()));
        };
        save(domain, file, Afterwards.DESTROY, meanwhile, new Cancellation());
        assertFalse(refusals.isEmpty());
        assertTrue(
                refusals.stream().allMatch(refusal -> refusal.contains("another command is writing ")),
                refusals.toString());
        assertEquals(List.of(file), files());
        assertFalse(host.xenctrl.domains().info(second.domid()).orElseThrow().shutdown());
        assertEquals("web", restore(file).name());
    }

    /** From the request to the stop, Xen does not show that another process saves the guest; the record does. */
    @Test
    void anotherProcessDoesNotSaveAGuestThatIsAskedToSuspend() throws IOException {
        Domain domain = start(20, 20);
        byte[] firstProcess = "process-1".getBytes(StandardCharsets.UTF_8);
        String record = "/tool/xenjava/saves/" + domain.domid() + "-" + domain.uuid();
        host.observer.store().write(0, record, firstProcess);
        try (Toolstack other = host.newProcess().open()) {
            Domain seen = other.find(domain.uuid()).orElseThrow();
            assertRefused(seen, "another save of the domain runs");
        }
        assertEquals(List.of(), files());
        assertArrayEquals(firstProcess, host.observer.store().read(0, record));
        assertFalse(host.xenctrl.domains().info(domain.domid()).orElseThrow().shutdown());
    }

    @Test
    void aGuestThatAnotherToolstackHasSuspendedStaysSuspended() {
        Domain domain = start(20, 20);
        host.xen.guest(domain.domid()).orElseThrow().shutDown(2);
        assertRefused(domain, "the guest has suspended itself");
        assertTrue(host.xenctrl.domains().info(domain.domid()).orElseThrow().shutdown());
    }

    private static String refusal(Executable change) {
        return assertThrows(DomainStateException.class, change).getMessage();
    }

    @Test
    void aDamagedFileLeavesNothing() throws IOException {
        Path file = directory.resolve("web.save");
        save(start(20, 20), file, Afterwards.DESTROY);
        byte[] whole = Files.readAllBytes(file);
        var before = host.state();
        for (int length : new int[] {10, 3000, whole.length / 2, whole.length - 1}) {
            Files.write(file, Arrays.copyOf(whole, length));
            assertThrows(
                    SaveStreamException.class,
                    () -> host.toolstack.restore(file, CreateListener.NONE, new Cancellation()));
            host.assertUnchangedSince(before, "a restore of " + length + " bytes");
        }
    }

    @Test
    void theDomainThatStillRunsIsNotRestoredASecondTime() {
        Path file = directory.resolve("web.save");
        save(start(20, 20), file, Afterwards.RESUME);
        var e = assertThrows(
                DomainExistsException.class,
                () -> host.toolstack.restore(file, CreateListener.NONE, new Cancellation()));
        assertTrue(e.getMessage().contains("exists already"), e.getMessage());
    }
}
