// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.error.HostMemoryException;
import org.xenjava.toolstack.error.ToolstackException;
import org.xenjava.toolstack.sim.fault.MachineState;

/** The host's memory runs out at every point of a build. */
class FullHostTest {
    private static final DomainConfig CONFIG = TestHost.guest("hungry", 16, 32).build();

    private static long freePages(TestHost host) {
        return host.xenctrl.host().physInfo().freePages();
    }

    /** Pages that a host must have for this guest: its own, and what Xen needs to run it. */
    private static long pagesOfTheGuest() {
        try (TestHost host = TestHost.create()) {
            long before = freePages(host);
            host.toolstack.create(CONFIG);
            return before - freePages(host);
        }
    }

    @Test
    void aBuildThatRunsOutOfHostMemoryTakesNothing() {
        long needed = pagesOfTheGuest();
        LongStream.concat(
                        LongStream.iterate(0, pages -> pages < needed, pages -> pages + 61),
                        LongStream.range(needed - 20, needed))
                .forEach(pages -> {
                    try (TestHost host = TestHost.of(SmallHost.withFreePages(pages))) {
                        MachineState before = host.state();
                        ToolstackException e =
                                assertThrows(ToolstackException.class, () -> host.toolstack.create(CONFIG));
                        assertTrue(e.getMessage().contains("memory"), e.getMessage());
                        host.assertUnchangedSince(before, pages + " pages");
                    }
                });
    }

    @Test
    void theLastPageIsEnough() {
        try (TestHost host = TestHost.of(SmallHost.withFreePages(pagesOfTheGuest()))) {
            host.toolstack.create(CONFIG);
            assertEquals(0, freePages(host));
        }
    }

    @Test
    void aGuestThatTheHostHasNoRoomForIsRefusedBeforeAnyFileIsRead() {
        try (TestHost host = TestHost.of(SmallHost.withFreePages(10_000))) {
            MachineState before = host.state();
            long calls = host.faults.calls();
            Path missing = Path.of("/there/is/no/such/kernel");
            HostMemoryException e = assertThrows(
                    HostMemoryException.class,
                    () -> host.toolstack.create(
                            TestHost.guest("huge", 64, 64).kernel(missing).build()));
            assertEquals(
                    "building domain huge: the host cannot give 65 MiB of memory: 39 MiB are free and unclaimed, and domain 0 has"
                            + " 2 MiB; nothing was taken. Make domain 0 or another domain smaller, or ask for less",
                    e.getMessage());
            HostMemoryException.Shortage shortage = e.shortage().orElseThrow();
            assertEquals(10_000, shortage.availablePages());
            assertEquals(512, shortage.controlDomainPages());
            assertTrue(host.faults.calls() - calls < 10, "calls: " + (host.faults.calls() - calls));
            host.assertUnchangedSince(before, "a refusal");
        }
    }
}
