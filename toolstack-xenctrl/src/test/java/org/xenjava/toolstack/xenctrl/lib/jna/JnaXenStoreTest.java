// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib.jna;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.xenjava.toolstack.xenctrl.lib.XenStore.NO_TRANSACTION;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.XenAccessException;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;
import org.xenjava.toolstack.xenctrl.lib.XenStore;
import org.xenjava.toolstack.xenctrl.lib.XenStorePermission;
import org.xenjava.toolstack.xenctrl.lib.XenStoreWatchEvent;

@Timeout(60)
class JnaXenStoreTest {
    private static final Duration LONG = Duration.ofDays(1_000_000);
    private static final long GIBIBYTE_IN_KIB = 1 << 20;

    private FakeXen fake;
    private XenStore store;

    @BeforeEach
    void open() {
        fake = FakeXen.fresh();
        store = JnaXenStore.open();
        assertEquals(List.of("xs_open(0)"), fake.log());
    }

    @AfterEach
    void close() {
        if (store != null) {
            store.close();
        }
    }

    static Stream<Arguments> calls() {
        return Stream.of(
                call("xs_read(0xc0ffee0000005 0 /a/b)", s -> s.read(0, "/a/b")),
                call("xs_write(0x7 /a 00ff80)", s -> s.write(7, "/a", new byte[] {0, -1, -128})),
                call("xs_mkdir(0x7 /a)", s -> s.mkdir(7, "/a")),
                call("xs_rm(0x7 /a)", s -> s.rm(7, "/a")),
                call("xs_directory(0x7 /a)", s -> s.directory(7, "/a")),
                call("xs_get_permissions(0x7 /a)", s -> s.getPermissions(7, "/a")),
                call(
                        "xs_set_permissions(0x7 /a 5:0 32751:3)",
                        s -> s.setPermissions(
                                7, "/a", List.of(new XenStorePermission(5, 0), new XenStorePermission(0x7FEF, 3)))),
                call("xs_transaction_start(0xc0ffee0000005)", XenStore::transactionStart),
                call("xs_transaction_end(0xfedcba98 commit)", s -> s.transactionCommit(0xFEDCBA98)),
                call("xs_transaction_end(0x7 abort)", s -> s.transactionAbort(7)),
                call("xs_watch(@releaseDomain tok)", s -> s.watch("@releaseDomain", "tok")),
                call("xs_unwatch(/a tok)", s -> s.unwatch("/a", "tok")),
                call("xs_introduce_domain(5 0x123456789abc 1)", s -> s.introduceDomain(5, 0x123456789ABCL, 1)),
                call("xs_release_domain(5)", s -> s.releaseDomain(5)),
                call("xs_resume_domain(5)", s -> s.resumeDomain(5)),
                call("xs_get_domain_path(5)", s -> s.getDomainPath(5)));
    }

    private static Arguments call(String seenByC, Consumer<XenStore> call) {
        return Arguments.of(seenByC, call);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("calls")
    void everyArgumentArrivesWhole(String seenByC, Consumer<XenStore> call) {
        call.accept(store);
        assertEquals(List.of(seenByC), fake.log());
    }

    /** bool is one byte; the stand-ins fill the rest of the register with ones. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("calls")
    void everyFailureIsSeenAndCarriesTheFunctionAndErrno(String seenByC, Consumer<XenStore> call) {
        fake.next(0, Errno.EACCES);
        XenLibException failure = assertThrows(XenLibException.class, () -> call.accept(store));
        assertEquals(Errno.EACCES, failure.errno());
        assertEquals(seenByC.substring(0, seenByC.indexOf('(')), failure.function());
    }

    @Test
    void aValueIsItsBytesWithoutCsTerminator() {
        assertArrayEquals("262144".getBytes(US_ASCII), store.read(NO_TRANSACTION, "/x/262144"));
        assertArrayEquals(new byte[0], store.read(NO_TRANSACTION, "/x/"));
    }

    @Test
    void anEmptyValueCanBeWritten() {
        store.write(NO_TRANSACTION, "/a", new byte[0]);
        assertEquals(List.of("xs_write(0 /a )"), fake.log());
    }

    @Test
    void pathsAreUtf8() {
        store.mkdir(NO_TRANSACTION, "/\u00e9t\u00e9");
        assertEquals(List.of("xs_mkdir(0 /\u00e9t\u00e9)"), fake.log());
    }

    @Test
    void aPathWithNulIsMalformedHereBecauseCWouldSeeAnotherPath() {
        XenLibException failure =
                assertThrows(XenLibException.class, () -> store.rm(NO_TRANSACTION, "/local/domain/5\0/x"));
        assertEquals("xs_rm: EINVAL", failure.getMessage());
        assertEquals(List.of(), fake.log());
    }

    @Test
    void aDirectoryListsItsChildren() {
        assertEquals(List.of("0", "", "\u00e9t\u00e9"), store.directory(NO_TRANSACTION, "/a"));
    }

    @Test
    void aDirectoryWithoutChildrenIsNoFailure() {
        fake.next(0, new Errno(0));
        assertEquals(List.of(), store.directory(NO_TRANSACTION, "/a"));
    }

    @Test
    void permissionsKeepTheirOrder() {
        assertEquals(
                List.of(new XenStorePermission(5, 0), new XenStorePermission(0x7FEF, 3)),
                store.getPermissions(NO_TRANSACTION, "/a"));
    }

    @Test
    void aTransactionsIdMayHaveAll32Bits() {
        assertEquals(0xFEDCBA98, store.transactionStart());
    }

    @Test
    void aTransactionConflictIsEAGAIN() {
        fake.next(0, Errno.EAGAIN);
        XenLibException failure = assertThrows(XenLibException.class, () -> store.transactionCommit(7));
        assertEquals("xs_transaction_end: EAGAIN", failure.getMessage());
    }

    @Test
    void whetherADomainIsIntroducedDependsOnOneByteOnly() {
        assertTrue(store.isDomainIntroduced(5));
        fake.next(0, new Errno(0));
        assertFalse(store.isDomainIntroduced(5));
    }

    @Test
    void aDomainsPathIsText() {
        assertEquals("/local/domain/5", store.getDomainPath(5));
    }

    @Test
    void aWatchThatFiredIsReturnedWithItsToken() {
        fake.fireWatch("/local/domain/5/memory/target", "42");
        assertEquals(Optional.of(new XenStoreWatchEvent("/local/domain/5/memory/target", "42")), store.readWatch(LONG));
    }

    @Test
    void aWatchThatFiresWhileSomeoneWaitsIsReturned() throws Exception {
        CompletableFuture<Optional<XenStoreWatchEvent>> waiting =
                CompletableFuture.supplyAsync(() -> store.readWatch(LONG));
        fake.awaitCall("xs_fileno(0xc0ffee0000005)");
        fake.fireWatch("/a", "t");
        assertEquals(Optional.of(new XenStoreWatchEvent("/a", "t")), waiting.get());
    }

    @Test
    void nothingFiredIsEmpty() {
        assertEquals(Optional.empty(), store.readWatch(Duration.ZERO));
        assertEquals(Optional.empty(), store.readWatch(Duration.ofMillis(-1)));
        assertEquals(Optional.empty(), store.readWatch(Duration.ofMillis(2)));
    }

    @Test
    void signalsDoNotEndTheWait() throws Exception {
        CompletableFuture<Optional<XenStoreWatchEvent>> waiting =
                CompletableFuture.supplyAsync(() -> store.readWatch(LONG));
        fake.awaitCall("xs_fileno(0xc0ffee0000005)");
        for (int i = 0; i < 50; i++) {
            fake.interruptWaiting();
            Thread.sleep(1);
        }
        fake.fireWatch("/a", "t");
        assertEquals(Optional.of(new XenStoreWatchEvent("/a", "t")), waiting.get());
    }

    @Test
    void anInterruptedCheckIsRepeated() {
        fake.fireWatch("/a", "t");
        fake.next(0, Errno.EINTR);
        assertTrue(store.readWatch(Duration.ZERO).isPresent());
    }

    /** As libxenstore behaves: no sign on its descriptor, and EINVAL from then on. */
    @Test
    void aLostConnectionEndsTheWaitAndIsCalledByItsName() {
        fake.next(0, Errno.EAGAIN).next(0, Errno.EINVAL);
        XenLibException failure = assertThrows(XenLibException.class, () -> store.readWatch(LONG));
        assertEquals("xs_check_watch: EIO", failure.getMessage());
    }

    @Test
    void closingEndsTheWait() {
        CompletableFuture<Optional<XenStoreWatchEvent>> waiting =
                CompletableFuture.supplyAsync(() -> store.readWatch(LONG));
        fake.awaitCall("xs_fileno(0xc0ffee0000005)");
        store.close();
        ExecutionException end = assertThrows(ExecutionException.class, waiting::get);
        assertInstanceOf(IllegalStateException.class, end.getCause());
        assertEquals(List.of("xs_close(0xc0ffee0000005)"), fake.log());
    }

    @Test
    void afterClosingNothingReachesC() {
        store.close();
        store.close();
        fake.log();
        assertThrows(IllegalStateException.class, () -> store.read(NO_TRANSACTION, "/a"));
        assertThrows(IllegalStateException.class, () -> store.readWatch(Duration.ZERO));
        assertEquals(List.of(), fake.log());
    }

    /** The stand-ins return 64 MiB each time, of which they touch only a page. */
    @Test
    void memoryOfTheLibraryIsFreed() throws IOException {
        long before = addressSpaceKib();
        for (int i = 0; i < 100; i++) {
            store.read(NO_TRANSACTION, "/a/b");
            store.directory(NO_TRANSACTION, "/a");
            store.getPermissions(NO_TRANSACTION, "/a");
            store.getDomainPath(5);
            fake.fireWatch("/a", "t");
            store.readWatch(Duration.ZERO);
            fake.log();
        }
        long grown = addressSpaceKib() - before;
        assertTrue(grown < 2 * GIBIBYTE_IN_KIB, () -> grown + " KiB more than before; one leak would be 6.25 GiB");
    }

    private static long addressSpaceKib() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("VmSize:"))
                .map(line -> line.replaceAll("\\D", ""))
                .mapToLong(Long::parseLong)
                .findFirst()
                .orElseThrow();
    }

    @Test
    void withoutXenstoredOpeningFailsWithAnAdvice() {
        fake.next(0, Errno.ECONNREFUSED);
        XenAccessException failure = assertThrows(XenAccessException.class, JnaXenStore::open);
        assertTrue(
                failure.getMessage()
                        .startsWith("Cannot connect to xenstored at /run/xenstored/socket (ECONNREFUSED): start"),
                failure.getMessage());
        assertEquals(List.of("xs_open(0)"), fake.log());
    }

    @Test
    void withoutThePrivilegeOpeningFailsWithAReason() {
        fake.next(0, Errno.EACCES);
        XenAccessException failure = assertThrows(XenAccessException.class, JnaXenStore::open);
        assertEquals(
                "Cannot connect to xenstored at /run/xenstored/socket (EACCES): run as root", failure.getMessage());
    }
}
