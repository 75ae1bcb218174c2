// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.xenjava.toolstack.error.XenStoreException;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.sim.fault.Fault;
import org.xenjava.toolstack.sim.fault.FaultInjection;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.XenStore;
import org.xenjava.toolstack.xenctrl.lib.XenStorePermission;

class StoreTransactionTest {
    private final FaultInjection faults =
            FaultInjection.around(SimulatedXen.create().connect());
    private final StoreTransaction store = new StoreClient(faults.store()).direct();

    @AfterEach
    void close() {
        faults.close();
    }

    @Test
    void aValueThatIsWrittenIsRead() {
        store.write("/test/size", "1 GiB ≈ 10⁹ Byte");
        assertEquals(Optional.of("1 GiB ≈ 10⁹ Byte"), store.read("/test/size"));
    }

    @Test
    void everyReadOfAMissingNodeIsEmpty() {
        assertEquals(Optional.empty(), store.read("/test/missing"));
        assertEquals(Optional.empty(), store.readLong("/test/missing"));
        assertEquals(List.of(), store.list("/test/missing"));
        assertFalse(store.exists("/test/missing"));
        store.remove("/test/missing");
        store.removeWithEmptyParents("/test/missing");
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({"'262144', 262144", "' 7\n', 7", "-1, -1"})
    void aDecimalNumberIsRead(String text, long number) {
        store.write("/test/number", text);
        assertEquals(Optional.of(number), store.readLong("/test/number"));
    }

    @ParameterizedTest(name = "''{0}''")
    @CsvSource({"''", "0x10", "12 KiB", "99999999999999999999"})
    void textThatIsNoNumberIsEmpty(String text) {
        store.write("/test/number", text);
        assertEquals(Optional.empty(), store.readLong("/test/number"));
    }

    @Test
    void aNodeIsWrittenWithItsPermissions() {
        List<XenStorePermission> permissions = List.of(
                new XenStorePermission(0, XenStorePermission.NONE), new XenStorePermission(3, XenStorePermission.READ));
        store.write("/test/shared", "value", permissions);
        assertEquals(permissions, faults.store().getPermissions(XenStore.NO_TRANSACTION, "/test/shared"));
        store.write("/test/shared/below", "");
        assertEquals(permissions, faults.store().getPermissions(XenStore.NO_TRANSACTION, "/test/shared/below"));
    }

    @Test
    void parentsThatAreLeftEmptyGoWithTheirLastChild() {
        store.write("/test/a/b/c", "");
        store.removeWithEmptyParents("/test/a/b/c");
        assertFalse(store.exists("/test"));
    }

    @Test
    void aParentStaysAsLongAsItHasAnotherChild() {
        store.write("/test/a/b/c", "");
        store.write("/test/a/sibling", "");
        store.removeWithEmptyParents("/test/a/b/c");
        assertFalse(store.exists("/test/a/b"));
        assertTrue(store.exists("/test/a/sibling"));
    }

    @Test
    void aRemovedParentTakesItsChildrenAlong() {
        store.write("/test/a/b/c", "");
        store.removeWithEmptyParents("/test/a");
        assertFalse(store.exists("/test"));
    }

    @Test
    void nodesThatXenstoredHasMadeStayEvenIfTheyAreEmpty() {
        store.remove("/tool/xenstored");
        store.write("/tool/xenjava/builds/1", "");
        store.removeWithEmptyParents("/tool/xenjava/builds/1");
        assertEquals(List.of(), store.list("/tool"));
        assertTrue(store.exists("/tool"));

        store.write("/local/domain/7/memory/target", "1");
        store.removeWithEmptyParents("/local/domain/7/memory/target");
        assertTrue(store.exists("/local/domain/7"));
        assertFalse(store.exists("/local/domain/7/memory"));
        store.removeWithEmptyParents("/local/domain/7");
        assertTrue(store.exists("/local/domain"));
    }

    @ParameterizedTest(name = "errno {0}")
    @CsvSource({
        "13, EACCES (run as root in the control domain)",
        "28, ENOSPC (a xenstored quota is used up)",
        "5, EIO (check that xenstored runs)",
        "32, EPIPE (check that xenstored runs)",
        "9, EBADF (check that xenstored runs)",
        "22, EINVAL"
    })
    void aRefusalNamesWhatWasTriedThePathErrnoAndTheWayOut(int errno, String words) {
        faults.inject(Fault.pathsRefused(Pattern.compile("/test/.*"), new Errno(errno)));
        assertEquals("xenstore: cannot write /test/node: " + words, refusal(() -> store.write("/test/node", "")));
        assertEquals("xenstore: cannot read /test/node: " + words, refusal(() -> store.read("/test/node")));
        assertEquals("xenstore: cannot list /test/node: " + words, refusal(() -> store.list("/test/node")));
        assertEquals("xenstore: cannot remove /test/node: " + words, refusal(() -> store.remove("/test/node")));
    }

    private static String refusal(Runnable request) {
        return assertThrows(XenStoreException.class, request::run).getMessage();
    }

    @Test
    void permissionsThatCannotBeSetAreAFailureOfTheWrite() {
        faults.inject(Fault.nthOf("xs_set_permissions", 1, Errno.EACCES));
        assertEquals(
                "xenstore: cannot set the permissions of /test/node: EACCES (run as root in the control domain)",
                refusal(() -> store.write("/test/node", "", List.of(new XenStorePermission(0, 0)))));
    }
}
