// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.save.pv;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.UUID;
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
import org.xenjava.toolstack.xenctrl.CreateDomain;
import org.xenjava.toolstack.xenctrl.abi.StructView;
import org.xenjava.toolstack.xenctrl.lib.MappedPages;
import org.xenjava.toolstack.xenctrl.lib.Protection;
import org.xenjava.toolstack.xenctrl.units.KiB;

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

    /** Lets the list name a frame of another domain at a pfn that the balloon has. */
    private long nameAFrameOfAnotherDomain() {
        domain.memory().set(KiB.ofMiB(24));
        host.xen.advance(Duration.ofMinutes(1));
        int other = host.xenctrl.domains().create(new CreateDomain(new UUID(1, 2), 0, 0, 1, 2));
        host.xenctrl.memory().setMaxMem(other, KiB.ofMiB(8));
        long frame = host.xenctrl.memory().populateMachineFrames(other, new long[] {0}, 0)[0];
        write(list.frames().end() - 1, frame);
        return frame;
    }

    @Test
    void aFrameOfAnotherDomainIsLeftOut() {
        nameAFrameOfAnotherDomain();
        save();
        Domain restored = run(host.toolstack.restore(file, CreateListener.NONE, new Cancellation()));
        assertTrue(runs(restored));
        assertEquals(
                24 * 256,
                host.xenctrl.domains().info(restored.domid()).orElseThrow().totPages());
    }

    /** The file could not be restored: it would not have the page. */
    @Test
    void aFrameOfAnotherDomainThatARegisterNamesFailsTheSave() {
        long frame = nameAFrameOfAnotherDomain();
        setDescriptorTable(1, frame);
        assertNotSaved("machine frame 0x" + Long.toHexString(frame) + " of its GDT of vCPU 0 is none of its pages");
        setDescriptorTable(0, 0);
        save();
    }

    private void setDescriptorTable(long entries, long frame) {
        byte[] bytes = host.xenctrl.domains().vcpuContext(domain.domid(), 0).orElseThrow();
        StructView context = host.xenctrl.abi().struct("vcpu_guest_context").at(ByteBuffer.wrap(bytes), 0);
        context.set("gdt_ents", entries).set("gdt_frames", 0, frame);
        host.xenctrl.domains().setVcpuContext(domain.domid(), 0, context.toBytes());
    }

    @Test
    void aListThatNamesAPageTwiceFailsTheSave() {
        long frame = list.frames().frame(OTHER);
        write(MAPPED, frame);
        assertNotSaved("two pages of the guest's list of its pages are at machine frame 0x" + Long.toHexString(frame));
        assertSavedOnceTheListIsRight(MAPPED);
    }
}
