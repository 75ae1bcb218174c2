// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib.jna;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.HypercallBuffer;
import org.xenjava.toolstack.xenctrl.lib.XenAccessException;
import org.xenjava.toolstack.xenctrl.lib.XenCall;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;

class JnaXenCallTest {
    private static final int INVERTS_WHAT_ARG1_POINTS_AT = 1000;
    private static final int FAILS_WITH_ERRNO_ARG1 = 1001;

    private FakeXen fake;
    private XenCall call;

    @BeforeEach
    void open() {
        fake = FakeXen.fresh();
        call = JnaXenCall.open();
        assertEquals(List.of("xencall_open((nil), 0)"), fake.log());
    }

    @AfterEach
    void close() {
        if (call != null) {
            call.close();
        }
    }

    @Test
    void eachNumberOfArgumentsIsItsOwnFunctionAndKeepsAll64Bits() {
        long a = 0xFEDCBA9876543210L;
        call.call(17);
        call.call(36, a);
        call.call(12, a, 2);
        call.call(20, a, 2, 0x8000_0000L);
        call.call(1, a, 2, 3, -1);
        call.call(2, a, 2, 3, 4, Long.MIN_VALUE);
        assertEquals(
                List.of(
                        "xencall0(0xc0ffee0000001 17)",
                        "xencall1(0xc0ffee0000001 36 0xfedcba9876543210)",
                        "xencall2(0xc0ffee0000001 12 0xfedcba9876543210 0x2)",
                        "xencall3(0xc0ffee0000001 20 0xfedcba9876543210 0x2 0x80000000)",
                        "xencall4(0xc0ffee0000001 1 0xfedcba9876543210 0x2 0x3 0xffffffffffffffff)",
                        "xencall5(0xc0ffee0000001 2 0xfedcba9876543210 0x2 0x3 0x4 0x8000000000000000)"),
                fake.log());
    }

    @Test
    void sixArgumentsAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> call.call(1, 1, 2, 3, 4, 5, 6));
        assertEquals(List.of(), fake.log());
    }

    @Test
    void theResultIsWhatXenReturned() {
        fake.next(0x0004_0011, new Errno(0));
        assertEquals(0x0004_0011, call.call(17, 0, 0));
    }

    @Test
    void aFailureCarriesErrnoAndTheHypercallsNumber() {
        fake.next(-1, Errno.ENOMEM);
        XenLibException failure = assertThrows(XenLibException.class, () -> call.call(36, 1));
        assertEquals(Errno.ENOMEM, failure.errno());
        assertEquals("hypercall 36", failure.function());
    }

    @Test
    void errnoIsThatOfTheCallingThread() throws Exception {
        int threads = 4;
        CyclicBarrier together = new CyclicBarrier(threads);
        ExecutorService executor = Executors.newFixedThreadPool(threads);
        try {
            List<Callable<Void>> callers = new ArrayList<>();
            for (int t = 1; t <= threads; t++) {
                int mine = t;
                callers.add(() -> {
                    together.await();
                    for (int i = 0; i < 500; i++) {
                        XenLibException failure =
                                assertThrows(XenLibException.class, () -> call.call(FAILS_WITH_ERRNO_ARG1, mine));
                        assertEquals(mine, failure.errno().value());
                    }
                    return null;
                });
            }
            for (Future<Void> caller : executor.invokeAll(callers)) {
                caller.get();
            }
        } finally {
            executor.shutdown();
        }
    }

    @Test
    void aBufferIsWholePagesOfZerosThatXenSeesToo() {
        try (HypercallBuffer buffer = call.allocBuffer(4097)) {
            assertEquals(8192, buffer.bytes().capacity());
            byte[] content = new byte[8192];
            buffer.bytes().get(content);
            assertArrayEquals(new byte[8192], content);
            assertEquals(0, buffer.address() % 4096);

            fake.log();
            buffer.bytes().putLong(0, 0x0123456789ABCDEFL);
            call.call(INVERTS_WHAT_ARG1_POINTS_AT, buffer.address());
            assertEquals("sees 0x123456789abcdef", fake.log().get(1));
            assertEquals(~0x0123456789ABCDEFL, buffer.bytes().getLong(8));
        }
    }

    @Test
    void aBufferIsFreedOnceHoweverOftenItIsClosed() {
        HypercallBuffer buffer = call.allocBuffer(4097);
        buffer.close();
        buffer.close();
        assertEquals(List.of("xencall_alloc_buffer_pages(2)", "xencall_free_buffer_pages(2)"), fake.log());
    }

    @Test
    void aBufferOfOnePageIsKeptAndClearedForTheNextUse() {
        HypercallBuffer first = call.allocBuffer(8);
        long address = first.address();
        first.bytes().putLong(0, -1);
        first.close();
        first.close();
        try (HypercallBuffer second = call.allocBuffer(16);
                HypercallBuffer third = call.allocBuffer(16)) {
            assertEquals(address, second.address());
            assertEquals(0, second.bytes().getLong(0));
            assertNotEquals(address, third.address());
            assertThrows(IllegalStateException.class, first::bytes);
        }
        assertEquals(List.of("xencall_alloc_buffer_pages(1)", "xencall_alloc_buffer_pages(1)"), fake.log());
        call.close();
        assertEquals(
                List.of(
                        "xencall_free_buffer_pages(1)",
                        "xencall_free_buffer_pages(1)",
                        "xencall_close(0xc0ffee0000001)"),
                fake.log());
    }

    @Test
    void noMoreThanSixteenPagesAreKept() {
        List<HypercallBuffer> buffers = new ArrayList<>();
        for (int i = 0; i < 17; i++) {
            buffers.add(call.allocBuffer(1));
        }
        fake.log();
        buffers.forEach(HypercallBuffer::close);
        assertEquals(List.of("xencall_free_buffer_pages(1)"), fake.log());
    }

    @Test
    void aClosedBufferIsNotToBeUsed() {
        HypercallBuffer buffer = call.allocBuffer(1);
        buffer.close();
        assertThrows(IllegalStateException.class, buffer::bytes);
        assertThrows(IllegalStateException.class, buffer::address);
    }

    @Test
    void noMemoryForABufferIsENOMEM() {
        fake.next(0, Errno.ENOMEM);
        XenLibException failure = assertThrows(XenLibException.class, () -> call.allocBuffer(1));
        assertEquals(Errno.ENOMEM, failure.errno());
        assertEquals("xencall_alloc_buffer_pages", failure.function());
    }

    @Test
    void buffersHaveOneByteToTwoGibibytes() {
        assertThrows(IllegalArgumentException.class, () -> call.allocBuffer(0));
        assertThrows(IllegalArgumentException.class, () -> call.allocBuffer(-1));
        assertThrows(IllegalArgumentException.class, () -> call.allocBuffer(Integer.MAX_VALUE));
    }

    @Test
    void closingFreesForgottenBuffersAndClosesOnce() {
        HypercallBuffer forgotten = call.allocBuffer(10_000);
        call.close();
        call.close();
        forgotten.close();
        assertEquals(
                List.of(
                        "xencall_alloc_buffer_pages(3)",
                        "xencall_free_buffer_pages(3)",
                        "xencall_close(0xc0ffee0000001)"),
                fake.log());
        assertThrows(IllegalStateException.class, forgotten::bytes);
    }

    @Test
    void afterClosingNothingReachesC() {
        call.close();
        fake.log();
        assertThrows(IllegalStateException.class, () -> call.call(17, 0, 0));
        assertThrows(IllegalStateException.class, () -> call.allocBuffer(1));
        assertEquals(List.of(), fake.log());
    }

    @Test
    void withoutThePrivilegeOpeningFailsWithAnAdvice() {
        fake.next(0, Errno.EACCES);
        XenAccessException failure = assertThrows(XenAccessException.class, JnaXenCall::open);
        assertEquals(
                "Cannot open /dev/xen/privcmd (EACCES): run as root; in a container, the device must be allowed too",
                failure.getMessage());
    }
}
