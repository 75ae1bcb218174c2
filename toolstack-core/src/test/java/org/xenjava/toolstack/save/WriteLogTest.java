// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.save;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.host.TestHost;
import org.xenjava.toolstack.xenctrl.CreateDomain;
import org.xenjava.toolstack.xenctrl.HypercallException;
import org.xenjava.toolstack.xenctrl.lib.Errno;

class WriteLogTest {
    /** Xen refuses both calls for a PV domain, with different errors. */
    @Test
    void aLogThatCannotStartReportsWhyAndNotThatItCannotEnd() {
        try (TestHost host = TestHost.create()) {
            int domid = host.xenctrl.domains().create(new CreateDomain(new UUID(1, 2), 0, 0, 1, 2));
            host.xenctrl.domains().setMaxVcpus(domid, 1);
            HypercallException refused = assertThrows(
                    HypercallException.class, () -> new WriteLog(host.xenctrl, domid, 16, () -> {}).close());
            assertEquals(Errno.EOPNOTSUPP, refused.errno());
            assertEquals(
                    List.of(Errno.EINVAL),
                    Stream.of(refused.getSuppressed())
                            .map(HypercallException.class::cast)
                            .map(HypercallException::errno)
                            .toList());
        }
    }
}
