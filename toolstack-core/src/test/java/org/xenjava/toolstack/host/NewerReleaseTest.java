// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.DomainStatus;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.error.ToolstackException;
import org.xenjava.toolstack.error.XenUnavailableException;
import org.xenjava.toolstack.pod.GuardEvent;
import org.xenjava.toolstack.pod.GuardMode;
import org.xenjava.toolstack.pod.GuardPolicy;
import org.xenjava.toolstack.pod.GuardState;
import org.xenjava.toolstack.pod.PodGuard;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.sim.guest.BalloonDriver;
import org.xenjava.toolstack.sim.guest.BalloonFamily;
import org.xenjava.toolstack.sim.guest.SimulatedGuest;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;
import org.xenjava.toolstack.xenctrl.units.PodCounters;

/** A Xen that is newer than every description; a toolstack of that release has built a guest on it. */
class NewerReleaseTest {
    private static final String LIMITATION = "Xen 4.23 (domctl 0x19, sysctl 0x17) is newer than this library, which"
            + " describes 4.14 … 4.22; what rests on stable interfaces works";

    private final List<GuardEvent> events = new ArrayList<>();
    private BalloonDriver driver = BalloonDriver.of(BalloonFamily.LINUX);
    private final SimulatedXen xen = SimulatedXen.builder()
            .release(4, 23)
            .guests(identity -> SimulatedGuest.with(driver))
            .build();
    private final Toolstack itsOwn = TestHost.options().open(xen.host(new LibrariesOfNextRelease(xen.connect())));
    private final Domain guest = itsOwn.create(TestHost.guest("guest", 256, 512).build());
    private final Toolstack ours = TestHost.options().open(xen.host());

    @AfterEach
    void close() {
        ours.close();
        itsOwn.close();
    }

    @Test
    void aBuildIsRefusedWithTheNumbersOfTheRelease() {
        ToolstackException refusal = assertThrows(
                ToolstackException.class,
                () -> ours.create(TestHost.guest("another", 16, 32).build()));
        assertTrue(refusal.getMessage().contains(LIMITATION), refusal.getMessage());
        assertEquals(2, ours.domains().size());
    }

    @Test
    void theDomainsAreListedByStableInterfaces() {
        Domain same = ours.find("guest").orElseThrow();
        assertEquals(guest.domid(), same.domid());
        assertEquals(guest.uuid(), same.uuid());
        assertEquals(guest.memory().status(), same.memory().status());
        assertEquals(DomainStatus.Kind.PVH, same.status().kind());
        assertFalse(same.status().shutdownReason().isPresent());
        assertEquals(
                List.of(0, guest.domid()),
                ours.domains().stream().map(Domain::domid).toList());
    }

    @Test
    void thePodCountersAreChecked() {
        Domain same = ours.find("guest").orElseThrow();
        assertEquals(guest.pod().status(), same.pod().status());
        assertEquals(65280, same.pod().report().debtPages());
        guest.unpause();
        xen.advance(Duration.ofMinutes(1));
        assertEquals(0, same.pod().report().debtPages());
    }

    @Test
    void theMemoryIsSetWithinTheLimitThatTheDomainHas() {
        Domain same = ours.find("guest").orElseThrow();
        same.memory().set(KiB.ofMiB(192));
        assertEquals(KiB.ofMiB(192), guest.memory().status().target());
        ToolstackException refusal =
                assertThrows(ToolstackException.class, () -> same.memory().set(KiB.ofMiB(400)));
        assertTrue(refusal.getMessage().contains(LIMITATION), refusal.getMessage());
        assertEquals(KiB.ofMiB(192), guest.memory().status().target());
    }

    @Test
    void theGuardLendsWhatFitsTheMaxMemThatTheDomainHas() {
        PodCounters lent = guarded(256 + 100);
        assertEquals(GuardState.COVERED, lastEvent().to());
        assertEquals(100, lastEvent().coveredPages());
        assertEquals(0, lent.debt());
        xen.guest(guest.domid()).orElseThrow().load();
        assertFalse(guest.status().shutdownReason().isPresent());
    }

    @Test
    void theGuardRefusesToLendBeyondMaxMemWithTheNumbersOfTheRelease() {
        PodCounters still = guarded(256 + 4096);
        assertEquals(GuardState.GAVE_UP, lastEvent().to());
        assertTrue(lastEvent().refusal().orElseThrow().contains(LIMITATION), lastEvent()::toString);
        assertEquals(4096, still.debt());
        assertEquals(Pages.of(66048), guest.memory().status().maxPages());
    }

    /** Half an hour under a guard, of a guest whose balloon driver stops that many pages short. */
    private PodCounters guarded(long shortBy) {
        driver = BalloonDriver.of(BalloonFamily.LINUX).stoppingShortBy(shortBy);
        guest.unpause();
        GuardPolicy policy = GuardPolicy.standard().withMode(GuardMode.COVER_AT_ONCE);
        PodGuard guard = ours.newGuard(policy, (domid, uuid) -> true, events::add);
        for (int i = 0; i < 30 * 60; i++) {
            guard.tick(xen.clock().instant());
            xen.advance(Duration.ofSeconds(1));
        }
        return Xenctrl.open(xen.connect()).memory().podTarget(guest.domid());
    }

    private GuardEvent lastEvent() {
        return events.get(events.size() - 1);
    }

    @Test
    void aReleaseOlderThanTheOldestIsRefused() {
        XenLibraries old = new LibrariesOfNextRelease(xen.connect()) {
            @Override
            public int minor() {
                return 13;
            }
        };
        XenUnavailableException refusal = assertThrows(
                XenUnavailableException.class, () -> TestHost.options().open(xen.host(old)));
        assertEquals(
                "Xen 4.13 is not supported: it is older than the oldest release that is described; supported: 4.14,"
                        + " 4.15, 4.16, 4.17, 4.18, 4.19, 4.20, 4.21, 4.22",
                refusal.getMessage());
    }
}
