// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.error.HostMemoryException;
import org.xenjava.toolstack.error.KernelImageException;
import org.xenjava.toolstack.memory.BackedBoot;
import org.xenjava.toolstack.memory.RoomPolicy;
import org.xenjava.toolstack.progress.Leftover;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.lib.ControlDomain;
import org.xenjava.toolstack.xenctrl.lib.XenHost;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;
import org.xenjava.toolstack.xenctrl.lib.XenStore;
import org.xenjava.toolstack.xenctrl.units.KiB;

/** A host whose dom0 owns all memory: it shrinks for guests, as far as it can, and grows again. */
@Timeout(60)
class RoomTest {
    private static final long HOST = KiB.ofMiB(4095).toPages().count();
    private static final long MIB = 256;
    private static final long RESERVE = 64 * MIB;
    private static final String TARGET = "/local/domain/0/memory/target";
    private static final String RECORD = "/tool/xenjava/room";

    private final SimulatedXen xen = SimulatedXen.builder()
            .hostPages(HOST)
            .xenPages(48 * MIB)
            .dom0OwnsAllMemory()
            .build();
    private final XenLibraries observer = xen.connect();
    private final Xenctrl xenctrl = Xenctrl.open(observer);
    private final long dom0Before = dom0();
    private final List<Toolstack> opened = new ArrayList<>();

    @AfterEach
    void close() {
        opened.forEach(Toolstack::close);
        observer.close();
    }

    private Toolstack open(XenHost host, RoomPolicy policy, BackedBoot backed) {
        Toolstack toolstack = TestHost.options().room(policy).backedBoot(backed).open(host);
        opened.add(toolstack);
        return toolstack;
    }

    private Toolstack open() {
        return open(xen.host(), RoomPolicy.unlessFixed(), BackedBoot.off());
    }

    private long dom0() {
        return xenctrl.domains().info(0).orElseThrow().totPages();
    }

    private long free() {
        return xenctrl.host().physInfo().availablePages();
    }

    private Optional<String> node(String path) {
        try {
            return Optional.of(
                    new String(observer.store().read(XenStore.NO_TRANSACTION, path), StandardCharsets.UTF_8));
        } catch (XenLibException missing) {
            return Optional.empty();
        }
    }

    private static Domain create(Toolstack toolstack, String name, long mib) {
        return toolstack.create(TestHost.guest(name, mib, mib).build());
    }

    private void assertDom0HasItsMemoryAgain() {
        assertEquals(dom0Before, dom0());
        assertEquals(Optional.of(Long.toString(dom0Before * 4)), node(TARGET));
        assertEquals(Optional.empty(), node(RECORD));
    }

    @Test
    void aGuestIsBuiltAReserveIsLeftAndDomain0GetsItsMemoryBack() {
        Toolstack toolstack = open();
        Domain guest = create(toolstack, "web", 512);
        assertEquals(dom0() * 4, Long.parseLong(node(TARGET).orElseThrow()));
        assertTrue(free() >= RESERVE - MIB, free() + " pages are free");
        assertTrue(free() <= RESERVE + 4 * MIB, free() + " pages are free");
        guest.destroy();
        assertDom0HasItsMemoryAgain();
    }

    @Test
    void theBootOfAPodGuestIsBacked() {
        Toolstack toolstack = open(xen.host(), RoomPolicy.unlessFixed(), BackedBoot.full());
        Domain guest = toolstack.create(TestHost.guest("web", 256, 512).build());
        assertEquals(0, guest.pod().status().debtPages());
        assertTrue(guest.pod().lent().count() > 0);
    }

    @Test
    void aFixedSizeOfDomain0IsKeptUnlessThePolicySaysOtherwise() {
        SimulatedXen fixed = SimulatedXen.builder()
                .hostPages(HOST)
                .dom0Pages(3900 * MIB)
                .commandLine("loglvl=all dom0_mem=3900M,max:3900M")
                .build();
        Toolstack toolstack = open(fixed.host(), RoomPolicy.unlessFixed(), BackedBoot.off());
        HostMemoryException e = assertThrows(HostMemoryException.class, () -> create(toolstack, "web", 512));
        assertTrue(e.getMessage().contains("domain 0 has 3900 MiB; nothing was taken"), e.getMessage());
        create(open(fixed.host(), RoomPolicy.always(), BackedBoot.off()), "web", 512);
        assertThrows(
                HostMemoryException.class,
                () -> create(open(xen.host(), RoomPolicy.never(), BackedBoot.off()), "web", 512));
    }

    /** xl takes 37.8 s, leaves domain 0 with 26 MiB, and breaks the next create. */
    @Test
    void whatDomain0CannotSpareIsRefusedAtOnceAndTheNextGuestIsBuilt() {
        xen.useDom0Memory(dom0() - 738 * MIB);
        Toolstack toolstack = open();
        Path missing = Path.of("/there/is/no/such/kernel");
        HostMemoryException e = assertThrows(
                HostMemoryException.class,
                () -> toolstack.create(
                        TestHost.guest("large", 2600, 2600).kernel(missing).build()));
        assertTrue(e.getMessage().contains("of which it can spare 482 MiB"), e.getMessage());
        assertEquals(dom0Before, dom0());
        assertEquals(Optional.empty(), node(TARGET));
        assertEquals(Optional.empty(), node(RECORD));
        create(toolstack, "small", 256).destroy();
        assertDom0HasItsMemoryAgain();
    }

    /** A domain 0 that starts programs after it was asked how much it can spare. */
    private XenHost boastful() {
        XenHost host = xen.host();
        return new XenHost(
                host.libraries(),
                host.deviceModels(),
                host.firmware(),
                host.guests(),
                new ControlDomain() {
                    @Override
                    public long counter(String path) {
                        return host.controlDomain().counter(path);
                    }

                    @Override
                    public List<String> pciDevices() {
                        return List.of();
                    }

                    @Override
                    public long availableBytes() {
                        return dom0() * 4096;
                    }

                    @Override
                    public Optional<XlLock> tryLock() {
                        return host.controlDomain().tryLock();
                    }
                },
                host.scripts());
    }

    @Test
    void aDomain0ThatGivesTooLittleGetsItsTargetBack() {
        xen.useDom0Memory(dom0() - 300 * MIB);
        Toolstack toolstack =
                open(boastful(), RoomPolicy.unlessFixed().within(Duration.ofMillis(200)), BackedBoot.off());
        HostMemoryException e = assertThrows(HostMemoryException.class, () -> create(toolstack, "web", 1024));
        assertTrue(e.getMessage().contains("gives nothing more up"), e.getMessage());
        assertTrue(e.shortage().orElseThrow().availablePages() > 0);
        assertDom0HasItsMemoryAgain();
        create(toolstack, "small", 128).destroy();
        assertDom0HasItsMemoryAgain();
    }

    @Test
    void aBuildThatFailsGivesTheMemoryBack() {
        Toolstack toolstack = open();
        Path missing = Path.of("/there/is/no/such/kernel");
        assertThrows(
                KernelImageException.class,
                () -> toolstack.create(
                        TestHost.guest("web", 512, 512).kernel(missing).build()));
        assertDom0HasItsMemoryAgain();
    }

    @Test
    void guestsThatEndOneByOneGiveTheMemoryBackAsTheyEnd() {
        Toolstack toolstack = open();
        List<Domain> guests = IntStream.range(0, 5)
                .mapToObj(i -> create(toolstack, "web" + i, 300))
                .toList();
        for (Domain guest : guests) {
            long before = dom0();
            guest.destroy();
            assertTrue(dom0() >= before + 290 * MIB || dom0() == dom0Before, "domain 0 has " + dom0() + " pages");
            assertTrue(free() >= RESERVE - MIB || dom0() == dom0Before, free() + " pages are free");
        }
        assertDom0HasItsMemoryAgain();
    }

    @Test
    void tenCreatesAtOnceGetRoomForEach() throws Exception {
        List<Toolstack> processes = List.of(open(), open(), open());
        ExecutorService threads = Executors.newFixedThreadPool(10);
        try {
            List<Future<Domain>> guests = IntStream.range(0, 10)
                    .mapToObj(i -> threads.submit(() -> create(processes.get(i % 3), "web" + i, 200)))
                    .toList();
            for (Future<Domain> guest : guests) {
                guest.get();
            }
            assertEquals(11, xenctrl.domains().list().size());
            assertTrue(free() >= RESERVE - 10 * MIB, free() + " pages are free");
            for (Future<Domain> guest : guests) {
                guest.get().destroy();
            }
        } finally {
            threads.shutdownNow();
        }
        assertDom0HasItsMemoryAgain();
    }

    @Test
    void aCreateWaitsForXlsLock() throws Exception {
        ControlDomain.XlLock xls = xen.host().controlDomain().tryLock().orElseThrow();
        ExecutorService thread = Executors.newSingleThreadExecutor();
        try {
            Toolstack toolstack = open();
            Future<Domain> guest = thread.submit(() -> create(toolstack, "web", 512));
            Thread.sleep(300);
            assertFalse(guest.isDone());
            assertEquals(dom0Before, dom0());
            xls.close();
            guest.get().destroy();
        } finally {
            thread.shutdownNow();
        }
        assertDom0HasItsMemoryAgain();
    }

    @Test
    void memoryOfAGuestThatAnotherToolstackDestroyedIsALeftover() {
        Toolstack toolstack = open();
        Domain guest = create(toolstack, "web", 512);
        assertEquals(List.of(), toolstack.leftovers().find());
        xenctrl.domains().destroy(guest.domid());
        toolstack.leftovers().removeAll();
        assertEquals(
                List.of(),
                toolstack.leftovers().find().stream()
                        .filter(left -> left.kind() == Leftover.Kind.ROOM)
                        .toList());
        assertDom0HasItsMemoryAgain();
    }

    @Test
    void aTargetThatSomebodyElseHasSetIsLeftAlone() {
        Toolstack toolstack = open();
        Domain guest = create(toolstack, "web", 512);
        String theirs = Long.toString(1500 * 1024);
        observer.store().write(XenStore.NO_TRANSACTION, TARGET, theirs.getBytes(StandardCharsets.UTF_8));
        guest.destroy();
        assertEquals(Optional.of(theirs), node(TARGET));
        assertEquals(Optional.empty(), node(RECORD));
    }
}
