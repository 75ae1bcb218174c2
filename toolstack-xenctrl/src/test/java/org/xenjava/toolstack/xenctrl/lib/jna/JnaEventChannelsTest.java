// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib.jna;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.XenAccessException;
import org.xenjava.toolstack.xenctrl.lib.XenEventChannels;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;

@Timeout(60)
class JnaEventChannelsTest {
    private FakeXen fake;
    private XenEventChannels channels;

    @BeforeEach
    void open() {
        fake = FakeXen.fresh();
        channels = JnaEventChannels.open();
        assertEquals(List.of("xenevtchn_open((nil), 0)"), fake.log());
    }

    @AfterEach
    void close() {
        if (channels != null) {
            channels.close();
        }
    }

    @Test
    void bindingReturnsTheLocalPort() {
        assertEquals(21, channels.bindUnboundPort(7));
        assertEquals(22, channels.bindInterdomain(7, 1023));
        assertEquals(23, channels.bindVirq(3));
        assertEquals(
                List.of(
                        "xenevtchn_bind_unbound_port(7)",
                        "xenevtchn_bind_interdomain(7 1023)",
                        "xenevtchn_bind_virq(3)"),
                fake.log());
    }

    @Test
    void portsAreNotifiedUnmaskedAndUnbound() {
        channels.notify(4);
        channels.unmask(5);
        channels.unbind(6);
        assertEquals(List.of("xenevtchn_notify(4)", "xenevtchn_unmask(5)", "xenevtchn_unbind(6)"), fake.log());
    }

    @Test
    void failuresCarryFunctionAndErrno() {
        fake.next(-1, Errno.EEXIST);
        XenLibException failure = assertThrows(XenLibException.class, () -> channels.bindVirq(3));
        assertEquals("xenevtchn_bind_virq: EEXIST", failure.getMessage());
    }

    @Test
    void pendingReturnsPortsThatFired() {
        fake.fireEvent(42);
        fake.fireEvent(43);
        assertEquals(42, channels.pending());
        assertEquals(43, channels.pending());
    }

    @Test
    void pendingIsRepeatedWhenASignalInterruptsIt() {
        fake.fireEvent(42);
        fake.next(-1, Errno.EINTR);
        assertEquals(42, channels.pending());
    }

    @Test
    void pendingFailsWithTheDriversErrno() {
        fake.fireEvent(42);
        fake.next(-1, Errno.EIO);
        XenLibException failure = assertThrows(XenLibException.class, channels::pending);
        assertEquals("xenevtchn_pending: EIO", failure.getMessage());
        assertEquals(42, channels.pending());
    }

    @Test
    void twoThreadsThatWaitShareThePorts() throws Exception {
        CompletableFuture<Integer> one = CompletableFuture.supplyAsync(channels::pending);
        CompletableFuture<Integer> other = CompletableFuture.supplyAsync(channels::pending);
        fake.fireEvent(1);
        fake.fireEvent(2);
        assertEquals(Set.of(1, 2), Set.of(one.get(), other.get()));
    }

    @Test
    void closingEndsThreadsThatWait() {
        CompletableFuture<Integer> one = CompletableFuture.supplyAsync(channels::pending);
        CompletableFuture<Integer> other = CompletableFuture.supplyAsync(channels::pending);
        fake.awaitCall("xenevtchn_fd(0xc0ffee0000003)");
        channels.close();
        for (CompletableFuture<Integer> waiting : List.of(one, other)) {
            ExecutionException end = assertThrows(ExecutionException.class, waiting::get);
            assertInstanceOf(IllegalStateException.class, end.getCause());
        }
        assertTrue(fake.log().contains("xenevtchn_close(0xc0ffee0000003)"));
    }

    @Test
    void afterClosingNothingReachesC() {
        channels.close();
        channels.close();
        fake.log();
        assertThrows(IllegalStateException.class, () -> channels.notify(1));
        assertThrows(IllegalStateException.class, channels::pending);
        assertEquals(List.of(), fake.log());
    }

    @Test
    void withoutThePrivilegeOpeningFailsWithAReason() {
        fake.next(0, Errno.EACCES);
        XenAccessException failure = assertThrows(XenAccessException.class, JnaEventChannels::open);
        assertEquals(
                "Cannot open /dev/xen/evtchn (EACCES): run as root; in a container, the device must be allowed too",
                failure.getMessage());
    }
}
