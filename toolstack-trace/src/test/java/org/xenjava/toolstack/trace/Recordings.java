// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.trace;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.UUID;
import java.util.function.Consumer;
import org.xenjava.toolstack.xenctrl.CreateDomain;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.abi.DomctlOp;
import org.xenjava.toolstack.xenctrl.abi.Hypercall;
import org.xenjava.toolstack.xenctrl.abi.MemoryOp;
import org.xenjava.toolstack.xenctrl.lib.HypercallBuffer;
import org.xenjava.toolstack.xenctrl.lib.MappedPages;
import org.xenjava.toolstack.xenctrl.lib.Protection;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;

/** Work to record, and the recorder for it. */
final class Recordings {
    static final Instant DATE = Instant.parse("2026-11-22T10:00:00Z");
    static final Clock CLOCK = Clock.fixed(DATE, ZoneOffset.UTC);
    static final UUID HANDLE = UUID.fromString("8fd64954-2cca-4029-97c3-dc72739e54b9");

    private Recordings() {}

    static Recorder recorder(Contents contents) {
        return new Recorder("create a.cfg", CLOCK, contents);
    }

    /** Records what {@code work} does on a fresh machine. */
    static void record(Path trace, Consumer<XenLibraries> work) {
        record(trace, Contents.HASH, new FakeXen(), work);
    }

    static void record(Path trace, Contents contents, XenLibraries xen, Consumer<XenLibraries> work) {
        try (XenLibraries libraries = recorder(contents).wrap(xen, trace)) {
            work.accept(libraries);
        }
    }

    /** Replays the trace for {@code work}, to its end. */
    static void replay(Path trace, Consumer<XenLibraries> work) {
        try (Replay replay = Replay.of(trace)) {
            work.accept(replay);
            replay.assertFinished();
        }
    }

    /** Creates a small domain with at least one call of each library. */
    static void build(XenLibraries libraries) {
        Xenctrl xenctrl = Xenctrl.open(libraries);
        int domid = xenctrl.domains()
                .create(new CreateDomain(HANDLE, DomctlOp.CDF_HVM | DomctlOp.CDF_HAP, DomctlOp.EMU_LAPIC, 1, 2));
        xenctrl.memory().setMaxMem(domid, KiB.of(263_168));
        xenctrl.memory().setPodTarget(domid, Pages.of(65_536));
        xenctrl.memory()
                .populatePhysmap(domid, new long[] {0, 512, 1024, 1536}, 9, MemoryOp.XENMEMF_POPULATE_ON_DEMAND);
        writeGuest(libraries, domid, 0x1000, "kernel");
        write(libraries, "/local/domain/" + domid + "/memory/target", "262144");
        xenctrl.domains().unpause(domid);
    }

    /** {@code XENMEM_set_pod_target}, byte by byte. */
    static void setPodTarget(XenLibraries xen, int domid, long pages) {
        try (HypercallBuffer buffer = xen.call().allocBuffer(40)) {
            buffer.bytes().putLong(0, pages).putShort(32, (short) domid);
            xen.call().call(Hypercall.MEMORY_OP.number(), 16, buffer.address());
        }
    }

    /** {@code XENMEM_populate_physmap} of 2 MiB extents in domain 1, byte by byte. */
    static void populate(XenLibraries xen, long... gfns) {
        try (HypercallBuffer list = xen.call().allocBuffer(gfns.length * Long.BYTES);
                HypercallBuffer argument = xen.call().allocBuffer(32)) {
            list.bytes().asLongBuffer().put(gfns);
            argument.bytes()
                    .putLong(0, list.address())
                    .putLong(8, gfns.length)
                    .putInt(16, 9)
                    .putInt(20, MemoryOp.XENMEMF_POPULATE_ON_DEMAND)
                    .putShort(24, (short) 1);
            xen.call().call(Hypercall.MEMORY_OP.number(), 6, argument.address());
        }
    }

    static void writeGuest(XenLibraries libraries, int domid, long gfn, String text) {
        try (MappedPages pages =
                libraries.foreignMemory().map(domid, Protection.READ_WRITE, gfn, gfn + 1, gfn + 2, 0xfc008)) {
            pages.bytes().put(100, text.getBytes(StandardCharsets.UTF_8));
            pages.bytes().put(4096, text.getBytes(StandardCharsets.UTF_8));
            pages.bytes().put(3 * 4096, (byte) 1);
        }
    }

    static void write(XenLibraries libraries, String path, String value) {
        libraries.store().write(0, path, value.getBytes(StandardCharsets.UTF_8));
    }
}
