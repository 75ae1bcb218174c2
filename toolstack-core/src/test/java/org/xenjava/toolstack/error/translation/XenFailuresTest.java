// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.error.translation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.error.Attempt;
import org.xenjava.toolstack.error.DomainStateException;
import org.xenjava.toolstack.error.Retry;
import org.xenjava.toolstack.error.ToolstackException;
import org.xenjava.toolstack.error.XenCallException;
import org.xenjava.toolstack.error.XenStoreException;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;

class XenFailuresTest {
    private static final UUID WEB = UUID.fromString("00000000-0000-4000-8000-000000000005");
    private static final Attempt PAUSING = Attempt.on(5, WEB, "pausing domain 5");
    private static final Attempt RESTARTING = Attempt.on(5, WEB, "restarting domain 5");

    private static void failWith(RuntimeException failure) {
        throw failure;
    }

    private static ToolstackException translated(Attempt attempt, Runnable work) {
        return assertThrows(ToolstackException.class, () -> XenFailures.translating(attempt, work));
    }

    @Test
    void aRefusedLibraryCallBecomesAXenCallException() {
        XenLibException refused = new XenLibException("xencall1", Errno.EPERM);
        ToolstackException failure = translated(PAUSING, () -> failWith(refused));

        assertInstanceOf(XenCallException.class, failure);
        assertEquals("pausing domain 5: xencall1: EPERM (run as root in the control domain)", failure.getMessage());
        assertEquals(OptionalInt.of(5), failure.domid());
        assertEquals(Optional.of(WEB), failure.uuid());
        assertEquals(Optional.of(Errno.EPERM), failure.errno());
        assertEquals(Retry.AFTER_CHANGE, failure.retry());
    }

    @Test
    void nestedBoundariesPutOnePrefixBeforeARefusedCall() {
        XenLibException refused = new XenLibException("xencall1", Errno.EBUSY);
        ToolstackException failure =
                translated(RESTARTING, () -> XenFailures.translating(PAUSING, () -> failWith(refused)));
        assertEquals("pausing domain 5: xencall1: EBUSY", failure.getMessage());
    }

    @Test
    void nestedBoundariesPutOnePrefixBeforeAXenstoreFailure() {
        XenStoreException broken =
                new XenStoreException("xenstore: cannot read /a", new XenLibException("xs_read", Errno.EPIPE));
        ToolstackException failure =
                translated(RESTARTING, () -> XenFailures.translating(PAUSING, () -> failWith(broken)));
        assertEquals("pausing domain 5: xenstore: cannot read /a", failure.getMessage());
        assertEquals(Optional.of(Errno.EPIPE), failure.errno());
    }

    @Test
    void aFailureOfTheFamilyKeepsItsMessageAndIsGivenTheDomain() {
        DomainStateException failure = new DomainStateException("domain 5 has no screen");
        assertSame(failure, translated(PAUSING, () -> failWith(failure)));
        assertEquals("domain 5 has no screen", failure.getMessage());
        assertEquals(OptionalInt.of(5), failure.domid());
        assertEquals(Optional.of(WEB), failure.uuid());
    }

    @Test
    void anAttemptWithoutADomainNamesNone() {
        XenLibException refused = new XenLibException("xencall1", Errno.ENOSYS);
        ToolstackException failure = translated(Attempt.of("looking at the host"), () -> failWith(refused));
        assertEquals(OptionalInt.empty(), failure.domid());
        assertEquals(Optional.empty(), failure.uuid());
    }

    @Test
    void anErrorOfTheProgramPassesUntouched() {
        IllegalStateException bug = new IllegalStateException("a bug");
        assertSame(
                bug,
                assertThrows(IllegalStateException.class, () -> XenFailures.translating(PAUSING, () -> failWith(bug))));
    }
}
