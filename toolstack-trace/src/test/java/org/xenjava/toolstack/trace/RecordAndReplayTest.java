// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.trace;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.ReadOnlyBufferException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.xenctrl.CpuPolicy;
import org.xenjava.toolstack.xenctrl.CreateDomain;
import org.xenjava.toolstack.xenctrl.HypercallException;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.abi.DomctlOp;
import org.xenjava.toolstack.xenctrl.abi.Hypercall;
import org.xenjava.toolstack.xenctrl.abi.MemoryOp;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.HypercallBuffer;
import org.xenjava.toolstack.xenctrl.lib.MappedPages;
import org.xenjava.toolstack.xenctrl.lib.Protection;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;
import org.xenjava.toolstack.xenctrl.units.PodCounters;

class RecordAndReplayTest {
    @TempDir
    Path dir;

    @ParameterizedTest
    @CsvSource({"trace.jsonl, HASH", "trace.jsonl, FULL", "trace.jsonl.gz, HASH", "trace.jsonl.gz, FULL"})
    void aBuildReplaysFromItsRecording(String name, Contents contents) {
        Path trace = dir.resolve(name);
        FakeXen xen = new FakeXen();
        Recordings.record(trace, contents, xen, Recordings::build);
        Recordings.replay(trace, Recordings::build);
        assertEquals(List.of("all"), xen.closed, "closing the recording closes the machine");
    }

    @Test
    void aSimulatedXenCanBeRecordedToo() {
        Path trace = dir.resolve("trace");
        Recordings.record(trace, Contents.HASH, SimulatedXen.create().connect(), RecordAndReplayTest::podGuest);
        Recordings.replay(trace, RecordAndReplayTest::podGuest);
    }

    private static void podGuest(XenLibraries libraries) {
        Xenctrl xen = Xenctrl.open(libraries);
        CpuPolicy policy = xen.host().defaultHvmCpuPolicy();
        int domid = xen.domains()
                .create(new CreateDomain(
                        Recordings.HANDLE, DomctlOp.CDF_HVM | DomctlOp.CDF_HAP, DomctlOp.EMU_LAPIC, 1, 2));
        xen.domains().setMaxVcpus(domid, 1);
        xen.memory().setMaxMem(domid, KiB.of(8192));
        xen.domains().setCpuPolicy(domid, new CpuPolicy(policy.leaves(), List.of()));
        xen.memory().setPodTarget(domid, Pages.of(1024));
        assertEquals(
                4,
                xen.memory()
                        .populatePhysmap(
                                domid, new long[] {0, 512, 1024, 1536}, 9, MemoryOp.XENMEMF_POPULATE_ON_DEMAND));
        try (MappedPages pages = libraries.foreignMemory().map(domid, Protection.READ_WRITE, 3)) {
            pages.bytes().putInt(100, 4711);
        }
        try (MappedPages pages = libraries.foreignMemory().map(domid, Protection.READ, 3)) {
            assertEquals(4711, pages.bytes().getInt(100));
        }
        assertEquals(new PodCounters(1024, 512, 1536), xen.memory().podTarget(domid));
        assertTrue(xen.hvm().context(domid).length > 0);
        assertEquals(2, xen.domains().list().size());
        libraries.store().watch("/tool", "token");
        assertTrue(libraries.store().readWatch(Duration.ofSeconds(5)).isPresent());
        xen.domains().destroy(domid);
    }

    @Test
    void aTraceContainsNoAddresses() throws IOException {
        Path one = dir.resolve("one");
        Path other = dir.resolve("other");
        Recordings.record(one, Contents.HASH, new FakeXen(0x7f11_0000_0000L), RecordAndReplayTest::allKindsOfPointers);
        Recordings.record(
                other, Contents.HASH, new FakeXen(0x5566_7788_9000L), RecordAndReplayTest::allKindsOfPointers);
        assertEquals(Files.readString(one), Files.readString(other));
    }

    private static void allKindsOfPointers(XenLibraries xen) {
        Recordings.build(xen);
        unknownHypercall(xen);
        unknownOperation(xen, Hypercall.DOMCTL, 16);
        unknownOperation(xen, Hypercall.SYSCTL, 8);
    }

    /** An unknown operation with a pointer at the start of its union. */
    private static void unknownOperation(XenLibraries xen, Hypercall hypercall, int unionOffset) {
        try (HypercallBuffer argument = xen.call().allocBuffer(144);
                HypercallBuffer target = xen.call().allocBuffer(1)) {
            argument.bytes().putInt(0, 999).putLong(unionOffset, target.address());
            xen.call().call(hypercall.number(), argument.address());
        }
    }

    @Test
    void aReplayRepeatsTheAnswersOfXen() {
        Path trace = dir.resolve("trace");
        PodCounters expected = new PodCounters(4711, 4711, 0);
        Recordings.record(
                trace, xen -> assertEquals(expected, Xenctrl.open(xen).memory().setPodTarget(1, Pages.of(4711))));
        Recordings.replay(
                trace, xen -> assertEquals(expected, Xenctrl.open(xen).memory().setPodTarget(1, Pages.of(4711))));
    }

    @Test
    void aFailedHypercallFailsAgainWithItsErrnoAndItsOutput() {
        Path trace = dir.resolve("trace");
        Recordings.record(trace, RecordAndReplayTest::refusedCpuPolicy);
        Recordings.replay(trace, RecordAndReplayTest::refusedCpuPolicy);
    }

    private static void refusedCpuPolicy(XenLibraries xen) {
        CpuPolicy policy = new CpuPolicy(List.of(new CpuPolicy.Leaf(1, CpuPolicy.NO_SUBLEAF, 1, 2, 3, 4)), List.of());
        HypercallException e = assertThrows(
                HypercallException.class, () -> Xenctrl.open(xen).domains().setCpuPolicy(1, policy));
        assertEquals(Errno.ERANGE, e.errno());
    }

    @Test
    void aFailedHypercallStillWritesMemory() {
        Path trace = dir.resolve("trace");
        Recordings.record(trace, RecordAndReplayTest::readErrorLeaf);
        Recordings.replay(trace, RecordAndReplayTest::readErrorLeaf);
    }

    private static void readErrorLeaf(XenLibraries xen) {
        try (HypercallBuffer buffer = xen.call().allocBuffer(144)) {
            buffer.bytes().putInt(0, 83);
            XenLibException e = assertThrows(
                    XenLibException.class, () -> xen.call().call(Hypercall.DOMCTL.number(), buffer.address()));
            assertEquals("hypercall 36", e.function());
            assertEquals(0x4000_0001, buffer.bytes().getInt(16 + 24), "err_leaf");
        }
    }

    @Test
    void aHypercallOfUnknownLayoutIsReplayedThroughItsPointers() {
        Path trace = dir.resolve("trace");
        Recordings.record(trace, Contents.HASH, new FakeXen(0x5566_7788_9000L), RecordAndReplayTest::unknownHypercall);
        Recordings.replay(trace, RecordAndReplayTest::unknownHypercall);
    }

    private static void unknownHypercall(XenLibraries xen) {
        try (HypercallBuffer argument = xen.call().allocBuffer(16);
                HypercallBuffer target = xen.call().allocBuffer(16)) {
            argument.bytes().putInt(0, 5).putLong(8, target.address() + 4);
            assertEquals(0, xen.call().call(FakeXen.NMI_OP, argument.address()));
            assertEquals(0xCAFE, target.bytes().getInt(4));
            assertEquals(target.address() + 8, argument.bytes().getLong(8));
        }
    }

    @Test
    void binaryXenstoreValuesSurvive() {
        byte[] binary = {0, (byte) 0xff, 10};
        Path trace = dir.resolve("trace");
        FakeXen xen = new FakeXen();
        xen.nodes.put("/binary", binary);
        xen.nodes.put("/text", "größer\n".getBytes(StandardCharsets.UTF_8));
        Recordings.record(trace, Contents.HASH, xen, libraries -> {
            libraries.store().read(0, "/binary");
            libraries.store().read(0, "/text");
        });
        Recordings.replay(trace, libraries -> {
            assertArrayEquals(binary, libraries.store().read(0, "/binary"));
            assertArrayEquals(xen.nodes.get("/text"), libraries.store().read(0, "/text"));
        });
    }

    @Test
    void aMissingXenstoreNodeIsMissingAgain() {
        Path trace = dir.resolve("trace");
        Recordings.record(trace, RecordAndReplayTest::readMissingNode);
        Recordings.replay(trace, RecordAndReplayTest::readMissingNode);
    }

    private static void readMissingNode(XenLibraries xen) {
        XenLibException e =
                assertThrows(XenLibException.class, () -> xen.store().read(0, "/gone"));
        assertEquals("xs_read: ENOENT", e.getMessage());
    }

    @Test
    void replayedPagesHaveTheContentOfTheRecording() {
        Path trace = dir.resolve("trace");
        FakeXen xen = new FakeXen();
        xen.page(0x20).putInt(8, 1234);
        Recordings.record(trace, Contents.HASH, xen, RecordAndReplayTest::readGuest);
        Recordings.replay(trace, RecordAndReplayTest::readGuest);
    }

    private static void readGuest(XenLibraries xen) {
        try (MappedPages pages = xen.foreignMemory().map(1, Protection.READ, 0x1f, 0x20)) {
            assertEquals(0, pages.bytes().getInt(8));
            assertEquals(1234, pages.bytes().getInt(4096 + 8));
        }
    }

    @Test
    void replayedPagesThatWereMappedForReadingCannotBeWritten() {
        Path trace = dir.resolve("trace");
        Recordings.record(trace, RecordAndReplayTest::mapForReading);
        Recordings.replay(trace, xen -> {
            try (MappedPages pages = xen.foreignMemory().map(1, Protection.READ, 1)) {
                assertThrows(ReadOnlyBufferException.class, () -> pages.bytes().put(0, (byte) 1));
            }
        });
    }

    private static void mapForReading(XenLibraries xen) {
        xen.foreignMemory().map(1, Protection.READ, 1).close();
    }

    @Test
    void aMappingThatFailedFailsAgain() {
        Path trace = dir.resolve("trace");
        Recordings.record(trace, RecordAndReplayTest::mapGrantTable);
        Recordings.replay(trace, RecordAndReplayTest::mapGrantTable);
    }

    private static void mapGrantTable(XenLibraries xen) {
        XenLibException e = assertThrows(
                XenLibException.class, () -> xen.foreignMemory().mapResource(1, 1, 0, 0, 1, Protection.READ_WRITE));
        assertEquals(Errno.EOPNOTSUPP, e.errno());
    }

    @Test
    void closedMemoryIsRefusedAndClosingTwiceIsOneCall() {
        Path trace = dir.resolve("trace");
        Recordings.record(trace, RecordAndReplayTest::useAfterClose);
        Recordings.replay(trace, RecordAndReplayTest::useAfterClose);
        assertEquals(4, TraceReader.read(trace).records().size());
    }

    private static void useAfterClose(XenLibraries xen) {
        HypercallBuffer buffer = xen.call().allocBuffer(1);
        MappedPages pages = xen.foreignMemory().map(1, Protection.READ, 1);
        buffer.close();
        buffer.close();
        pages.close();
        pages.close();
        assertThrows(IllegalStateException.class, buffer::bytes);
        assertThrows(IllegalStateException.class, buffer::address);
        assertThrows(IllegalStateException.class, pages::bytes);
    }

    @Test
    void theNumberOfPagesAndBytesIsTheRealOne() {
        Path trace = dir.resolve("trace");
        Recordings.record(trace, RecordAndReplayTest::sizes);
        Recordings.replay(trace, RecordAndReplayTest::sizes);
    }

    private static void sizes(XenLibraries xen) {
        try (HypercallBuffer buffer = xen.call().allocBuffer(4097);
                MappedPages pages = xen.foreignMemory().map(1, Protection.READ_WRITE, 1, 2, 3)) {
            assertEquals(8192, buffer.bytes().capacity());
            assertEquals(3 * 4096, pages.bytes().capacity());
            assertEquals(ByteOrder.LITTLE_ENDIAN, buffer.bytes().order());
            assertEquals(ByteOrder.LITTLE_ENDIAN, pages.bytes().order());
        }
    }

    @Test
    void aTraceIsSmall() throws IOException {
        Path trace = dir.resolve("trace.jsonl.gz");
        Recordings.record(trace, xen -> {
            for (int i = 0; i < 30; i++) {
                Recordings.build(xen);
            }
        });
        assertTrue(TraceReader.read(trace).records().size() > 500);
        assertTrue(Files.size(trace) < 20_000, () -> trace.toFile().length() + " bytes");
    }

    @Test
    void aClosedReplayRefusesCalls() {
        Path trace = dir.resolve("trace");
        Recordings.record(trace, xen -> Recordings.write(xen, "/a", "1"));
        Replay replay = Replay.of(trace);
        replay.close();
        assertThrows(IllegalStateException.class, () -> Recordings.write(replay, "/a", "1"));
        assertFalse(assertThrows(ReplayMismatchException.class, replay::assertFinished)
                .differences()
                .isEmpty());
    }
}
