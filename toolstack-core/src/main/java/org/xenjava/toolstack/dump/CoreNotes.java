// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.dump;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.xenjava.toolstack.xenctrl.HostCalls.VersionFact;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.units.Pages;

/** The section {@code .note.Xen}: the sizes and versions that a reader needs for the other sections. */
final class CoreNotes {
    private static final String OWNER = "Xen\0";
    private static final int NONE = 0x2000000;
    private static final int HEADER = 0x2000001;
    private static final int XEN_VERSION = 0x2000002;
    private static final int FORMAT_VERSION = 0x2000003;

    /** {@code XC_CORE_MAGIC_HVM}. */
    private static final long MAGIC = 0xF00F_EBEEL;

    private static final long FORMAT = 1;
    private static final int MOST_BYTES = 2048;

    private final ByteBuffer bytes = ByteBuffer.allocate(MOST_BYTES).order(ByteOrder.LITTLE_ENDIAN);

    private CoreNotes() {}

    /** All four notes, in Xen's order. */
    static byte[] of(Xenctrl xenctrl, int vcpus, long pages) {
        CoreNotes notes = new CoreNotes();
        notes.add(NONE, desc(0));
        notes.add(HEADER, desc(32).putLong(MAGIC).putLong(vcpus).putLong(pages).putLong(Pages.BYTES));
        notes.add(XEN_VERSION, version(xenctrl));
        notes.add(FORMAT_VERSION, desc(8).putLong(FORMAT));
        return Arrays.copyOf(notes.bytes.array(), notes.bytes.position());
    }

    private static ByteBuffer version(Xenctrl xenctrl) {
        ByteBuffer desc = desc(24
                + Arrays.stream(VersionFact.values())
                        .mapToInt(VersionFact::bytes)
                        .sum());
        desc.putLong(xenctrl.abi().release().major())
                .putLong(xenctrl.abi().release().minor());
        for (VersionFact fact : VersionFact.values()) {
            desc.put(xenctrl.host().versionBytes(fact));
        }
        return desc.putLong(Pages.BYTES);
    }

    private static ByteBuffer desc(int length) {
        return ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    }

    private void add(int type, ByteBuffer desc) {
        bytes.putInt(OWNER.length()).putInt(desc.capacity()).putInt(type);
        bytes.put(OWNER.getBytes(java.nio.charset.StandardCharsets.US_ASCII)).put(desc.array());
    }
}
