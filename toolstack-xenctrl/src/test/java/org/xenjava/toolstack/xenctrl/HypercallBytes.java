// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** A hypervisor that shows the bytes of a hypercall, and the typed calls above it. */
abstract class HypercallBytes {
    static final UUID HANDLE = UUID.fromString("00112233-4455-6677-8899-aabbccddeeff");
    static final int XEN_VERSION = 17;
    static final int SYSCTL = 35;
    static final int DOMCTL = 36;

    final HandmadeXen xen = new HandmadeXen();
    Xenctrl xenctrl;

    @BeforeEach
    void open() {
        xenctrl = Xenctrl.open(xen);
        xen.takeCalls();
    }

    @AfterEach
    void everyBufferIsGivenBack() {
        assertEquals(0, xen.openBuffers());
    }

    /** Makes the call and returns the first bytes of the buffer that its last argument points at. */
    final String bytesOf(int wantedOp, int size, Runnable call) {
        List<String> seen = new ArrayList<>();
        xen.answering((op, args) -> {
            assertEquals(wantedOp, op);
            seen.add(xen.hex(args[args.length - 1], size));
            return 0;
        });
        call.run();
        assertEquals(1, seen.size());
        return seen.get(0);
    }

    /** Like {@link #bytesOf}, for hypercalls whose first argument is a sub-command. */
    final String bytesOf(int wantedOp, long subcommand, int size, Runnable call) {
        List<String> seen = new ArrayList<>();
        xen.answering((op, args) -> {
            assertEquals(wantedOp, op);
            assertEquals(2, args.length);
            assertEquals(subcommand, args[0]);
            seen.add(xen.hex(args[1], size));
            return 0;
        });
        call.run();
        assertEquals(1, seen.size());
        return seen.get(0);
    }

    static String hex(String... parts) {
        return String.join("", parts).replace(" ", "");
    }

    static String zeros(int bytes) {
        return "00".repeat(bytes);
    }
}
