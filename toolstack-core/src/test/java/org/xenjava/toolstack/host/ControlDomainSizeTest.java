// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.error.DomainStateException;
import org.xenjava.toolstack.memory.RoomPolicy;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.lib.ControlDomain;
import org.xenjava.toolstack.xenctrl.lib.XenHost;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;
import org.xenjava.toolstack.xenctrl.lib.XenStore;
import org.xenjava.toolstack.xenctrl.units.KiB;

/** Domain 0 of 1.5 GiB on a host of 6 GiB, with and without a limit in Xen. */
class ControlDomainSizeTest {
    private static final long MIB = 256;

    private SimulatedXen xen = SimulatedXen.create();
    private XenHost host = xen.host();
    private XenLibraries observer = xen.connect();
    private Toolstack toolstack =
            TestHost.options().room(RoomPolicy.unlessFixed()).open(host);

    @AfterEach
    void close() {
        toolstack.close();
        observer.close();
    }

    private void set(long mib) {
        toolstack.resolve("0").memory().set(KiB.ofMiB(mib));
        xen.advance(Duration.ofSeconds(2));
    }

    private void setMaximum(long mib) {
        toolstack.resolve("0").memory().setMaximum(KiB.ofMiB(mib));
    }

    private long mib() {
        return Xenctrl.open(observer).domains().info(0).orElseThrow().totPages() / MIB;
    }

    private String node(String name) {
        return new String(
                observer.store().read(XenStore.NO_TRANSACTION, "/local/domain/0/memory/" + name),
                StandardCharsets.UTF_8);
    }

    private String refusal(long mib) {
        String target = mib() + " MiB";
        String message = assertThrows(ConfigException.class, () -> set(mib)).getMessage();
        assertEquals(target, mib() + " MiB");
        return message;
    }

    @Test
    void domain0ShrinksAndGrowsAgain() {
        set(1200);
        assertEquals(1200, mib());
        assertEquals("1228800", node("target"));
        assertEquals("1572864", node("static-max"));
        set(1536);
        assertEquals(1536, mib());
    }

    @Test
    void domain0KeepsWhatItsProgramsUseAMarginAndAtLeastOneGib() {
        assertTrue(refusal(1000).contains("at least 1024 MiB"));
        xen.useDom0Memory(1100 * MIB);
        assertTrue(refusal(1300).contains("it needs 1356 MiB for its programs and a margin of 256 MiB"));
        set(1356);
        assertEquals(1356, mib());
    }

    @Test
    void domain0GrowsAsFarAsXenAllowsWhichMemMaxChanges() {
        assertTrue(refusal(2048).contains("Xen allows it 1536 MiB; raise that first (mem-max)"));
        setMaximum(2048);
        assertEquals("2097152", node("static-max"));
        set(2048);
        assertEquals(2048, mib());
        assertThrows(ConfigException.class, () -> setMaximum(2000));
        assertThrows(ConfigException.class, () -> setMaximum(100_000));
    }

    @Test
    void theHostKeepsAReserve() {
        setMaximum(6100);
        long free = Xenctrl.open(observer).host().physInfo().availablePages() / MIB;
        assertTrue(refusal(1536 + free).contains("if a reserve of 64 MiB stays free"));
        set(1536 + free - 65);
        assertEquals(1536 + free - 65, mib());
    }

    @Test
    void whileAnotherProcessBuildsAGuestDomain0Stays() {
        ControlDomain.XlLock lock = host.controlDomain().tryLock().orElseThrow();
        try (lock) {
            assertThrows(DomainStateException.class, () -> set(1200));
            assertEquals(1536, mib());
        }
        set(1200);
        assertEquals(1200, mib());
    }
}
