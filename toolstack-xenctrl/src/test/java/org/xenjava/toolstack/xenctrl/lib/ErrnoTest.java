// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class ErrnoTest {
    @Test
    void aKnownNumberHasItsLinuxName() {
        assertEquals("ENOMEM", new Errno(12).symbol());
        assertEquals(Errno.ENOMEM, new Errno(12));
    }

    @Test
    void anUnknownNumberIsShownAsNumber() {
        assertEquals("errno 999", new Errno(999).toString());
    }

    @Test
    void aFailedCallsMessageNamesFunctionAndErrno() {
        assertEquals("xs_write: EACCES", new XenLibException("xs_write", Errno.EACCES).getMessage());
    }
}
