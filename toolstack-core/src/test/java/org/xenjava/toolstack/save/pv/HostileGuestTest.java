// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.save.pv;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.DomainSaving.Afterwards;
import org.xenjava.toolstack.error.DomainStateException;
import org.xenjava.toolstack.host.TestHost;
import org.xenjava.toolstack.progress.Cancellation;
import org.xenjava.toolstack.progress.CreateListener;
import org.xenjava.toolstack.save.PassingTime;
import org.xenjava.toolstack.xenctrl.lib.MappedPages;
import org.xenjava.toolstack.xenctrl.lib.Protection;

/** PV guests whose list of pages is wrong: a save of them fails, and they run on. */
class HostileGuestTest {
    private static final long MOST_PFNS = 1L << 20;
    private static final int PER_PAGE = 512;

    /** Two pages that the guest's kernel has mapped, and that it does not use. */
    private static final int MAPPED = 3;

    private static final int OTHER = 4;

    private final TestHost host = TestHost.create();
    private final Domain domain = start();
    private final P2mList list = P2mList.read(
            host.xenctrl, domain.domid(), host.xenctrl.domains().sharedInfoFrame(domain.domid()), MOST_PFNS);

    @TempDir
    Path directory;

    private Path file = Path.of("");

    private Domain start() {
        return run(host.toolstack.create(TestHost.pvGuest("web", 32).build()));
    }

    private Domain run(Domain started) {
        started.unpause();
        host.xen.advance(Duration.ofMinutes(1));
        return started;
    }

    @BeforeEach
    void name() {
        file = directory.resolve("web.save");
    }

    @AfterEach
    void close() {
        host.close();
    }

    private void write(int pfn, long frame) {
        try (MappedPages page = host.xenctrl
                .libraries()
                .foreignMemory()
                .map(domain.domid(), Protection.READ_WRITE, list.pages()[pfn / PER_PAGE])) {
            page.bytes().putLong(pfn % PER_PAGE * Long.BYTES, frame);
        }
    }

    private void save() {
        PassingTime.during(host.xen, () -> domain.saving().save(file, Afterwards.DESTROY));
    }

    private boolean runs(Domain some) {
        host.xen.advance(Duration.ofMinutes(1));
        return !host.xenctrl.domains().info(some.domid()).orElseThrow().shutdown();
    }

    private void assertNotSaved(String words) {
        String message =
                assertThrows(DomainStateException.class, this::save, words).getMessage();
        assertTrue(message.contains(words), message);
        assertTrue(runs(domain), words);
        assertFalse(Files.exists(file), words);
    }

    private void assertSavedOnceTheListIsRight(int pfn) {
        write(pfn, list.frames().frame(pfn));
        save();
        assertTrue(runs(run(host.toolstack.restore(file, CreateListener.NONE, new Cancellation()))));
    }

    @Test
    void aTableThatMapsAPageThatIsNotInTheListFailsTheSave() {
        write(MAPPED, PvFrames.NONE);
        assertNotSaved("maps something else than a page of the guest");
        assertSavedOnceTheListIsRight(MAPPED);
    }

    @Test
    void aListThatNamesAPageTwiceFailsTheSave() {
        long frame = list.frames().frame(OTHER);
        write(MAPPED, frame);
        assertNotSaved("two pages of the guest's list of its pages are at machine frame 0x" + Long.toHexString(frame));
        assertSavedOnceTheListIsRight(MAPPED);
    }
}
