// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.abi.Hypercall;
import org.xenjava.toolstack.xenctrl.lib.HypercallBuffer;
import org.xenjava.toolstack.xenctrl.lib.Protection;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;

class ReplayMismatchTest {
    @TempDir
    Path dir;

    private ReplayMismatchException mismatch(Consumer<XenLibraries> recorded, Consumer<XenLibraries> replayed) {
        return mismatch(Contents.HASH, recorded, replayed);
    }

    private ReplayMismatchException mismatch(
            Contents contents, Consumer<XenLibraries> recorded, Consumer<XenLibraries> replayed) {
        Path trace = dir.resolve("trace.jsonl");
        Recordings.record(trace, contents, new FakeXen(), recorded);
        return assertThrows(ReplayMismatchException.class, () -> Recordings.replay(trace, replayed));
    }

    @Test
    void anotherFieldOfAHypercallIsNamedWithBothValues() {
        ReplayMismatchException e = mismatch(
                xen -> Recordings.setPodTarget(xen, 1, 65_536), xen -> Recordings.setPodTarget(xen, 1, 65_792));
        assertEquals(List.of(new Difference("target_pages", "65536", "65792")), e.differences());
        assertEquals(2, e.sequence());
        assertEquals(
                """
                the replay differs at record 2
                  recorded: memory_op/set_pod_target(target_pages=65536, domid=1)
                  now:      memory_op/set_pod_target(target_pages=65792, domid=1)
                  target_pages: recorded 65536, now 65792""",
                e.getMessage());
    }

    @Test
    void eachDifferentFieldIsNamed() {
        ReplayMismatchException e =
                mismatch(xen -> Recordings.setPodTarget(xen, 1, 5), xen -> Recordings.setPodTarget(xen, 2, 6));
        assertEquals(
                List.of(new Difference("target_pages", "5", "6"), new Difference("domid", "1", "2")), e.differences());
    }

    @Test
    void anotherByteInABufferIsNamedByTheFieldThatPointsToIt() {
        ReplayMismatchException e =
                mismatch(xen -> Recordings.populate(xen, 0, 512, 1024), xen -> Recordings.populate(xen, 0, 513, 1024));
        assertEquals(
                List.of(new Difference("extent_start -> buf#1 bytes 8..15", "0002000000000000", "0102000000000000")),
                e.differences());
    }

    @Test
    void aLongerBufferDiffersFromItsAdditionalBytesOn() {
        ReplayMismatchException e = mismatch(xen -> Recordings.populate(xen, 7), xen -> {
            try (HypercallBuffer list = xen.call().allocBuffer(8);
                    HypercallBuffer argument = xen.call().allocBuffer(32)) {
                list.bytes().putLong(0, 7).putLong(4088, -1);
                argument.bytes()
                        .putLong(0, list.address())
                        .putLong(8, 1)
                        .putInt(16, 9)
                        .putInt(20, 0x10000)
                        .putShort(24, (short) 1);
                xen.call().call(Hypercall.MEMORY_OP.number(), 6, argument.address());
            }
        });
        assertEquals(
                List.of(new Difference("extent_start -> buf#1 bytes 4088..4095", "0".repeat(16), "f".repeat(16))),
                e.differences());
    }

    @Test
    void aByteOutsideTheFieldsIsNamedByItsOffset() {
        ReplayMismatchException e = mismatch(xen -> Recordings.setPodTarget(xen, 1, 5), xen -> {
            try (HypercallBuffer buffer = xen.call().allocBuffer(40)) {
                buffer.bytes().putLong(0, 5).putShort(32, (short) 1).put(34, (byte) 0x5a);
                xen.call().call(Hypercall.MEMORY_OP.number(), 16, buffer.address());
            }
        });
        assertEquals(
                List.of(new Difference("buf#1 bytes 32..39", "0100000000000000", "01005a0000000000")), e.differences());
    }

    @Test
    void aPointerElsewhereInABufferDiffers() {
        ReplayMismatchException e = mismatch(xen -> Recordings.populate(xen, 7), xen -> {
            try (HypercallBuffer list = xen.call().allocBuffer(8);
                    HypercallBuffer argument = xen.call().allocBuffer(32)) {
                list.bytes().putLong(0, 7);
                argument.bytes()
                        .putLong(0, list.address() + 8)
                        .putLong(8, 1)
                        .putInt(16, 9)
                        .putInt(20, 0x10000)
                        .putShort(24, (short) 1);
                xen.call().call(Hypercall.MEMORY_OP.number(), 6, argument.address());
            }
        });
        assertEquals(List.of(new Difference("extent_start", "buf#1+0", "buf#1+8")), e.differences());
    }

    @Test
    void anotherArgumentOfALibraryCallIsNamed() {
        ReplayMismatchException e = mismatch(
                xen -> Recordings.write(xen, "/memory/target", "262144"),
                xen -> Recordings.write(xen, "/memory/target", "261120"));
        assertEquals(List.of(new Difference("value", "262144", "261120")), e.differences());
        assertTrue(e.getMessage().contains("XenStore.write(transaction=0, path=/memory/target, value=262144)"));
    }

    @Test
    void numbersThatAreEqualAsDoublesDiffer() {
        ReplayMismatchException e =
                mismatch(xen -> xen.deviceModel().injectMsi(1, (1L << 60) + 1, 0), xen -> xen.deviceModel()
                        .injectMsi(1, 1L << 60, 0));
        assertEquals(List.of(new Difference("address", "1152921504606846977", "1152921504606846976")), e.differences());
    }

    @Test
    void otherGfnsDiffer() {
        ReplayMismatchException e = mismatch(
                xen -> xen.foreignMemory().map(1, Protection.READ, 1, 2, 3).close(),
                xen -> xen.foreignMemory().map(1, Protection.READ, 1, 2, 4).close());
        assertEquals(List.of(new Difference("gfns", "[\"0x1+3\"]", "[\"0x1+2\",\"0x4\"]")), e.differences());
    }

    @Test
    void otherBytesInGuestMemoryChangeTheHashOfTheirRun() {
        ReplayMismatchException e = mismatch(
                xen -> Recordings.writeGuest(xen, 1, 0x10, "kernel"),
                xen -> Recordings.writeGuest(xen, 1, 0x10, "kernal"));
        assertEquals(1, e.differences().size());
        assertEquals("written[0].sha256", e.differences().get(0).field());
    }

    @Test
    void otherBytesInGuestMemoryAreReportedIfTheTraceIsFull() {
        ReplayMismatchException e = mismatch(
                Contents.FULL,
                xen -> Recordings.writeGuest(xen, 1, 0x10, "kernel"),
                xen -> Recordings.writeGuest(xen, 1, 0x10, "kernal"));
        assertEquals(
                List.of("written[0].bytes bytes 104..111", "written[0].bytes bytes 4096..4103"),
                e.differences().stream().map(Difference::field).toList());
    }

    @ParameterizedTest
    @EnumSource(Contents.class)
    void aPageThatIsNotWrittenAnyMoreDiffers(Contents contents) {
        ReplayMismatchException e =
                mismatch(contents, xen -> Recordings.writeGuest(xen, 1, 0x10, "kernel"), xen -> xen.foreignMemory()
                        .map(1, Protection.READ_WRITE, 0x10, 0x11, 0x12, 0xfc008)
                        .close());
        assertEquals("written", e.differences().get(0).field());
        assertEquals("[]", e.differences().get(0).actual());
    }

    @Test
    void aDifferentOrderIsReportedAtTheFirstCall() {
        ReplayMismatchException e = mismatch(
                xen -> {
                    Recordings.write(xen, "/a", "1");
                    xen.store().mkdir(0, "/b");
                },
                xen -> {
                    xen.store().mkdir(0, "/b");
                    Recordings.write(xen, "/a", "1");
                });
        assertEquals(1, e.sequence());
        assertEquals(
                List.of(new Difference(
                        "call",
                        "XenStore.write(transaction=0, path=/a, value=1)",
                        "XenStore.mkdir(transaction=0, path=/b)")),
                e.differences());
    }

    @Test
    void anAdditionalCallIsReported() {
        ReplayMismatchException e = mismatch(xen -> Recordings.write(xen, "/a", "1"), xen -> {
            Recordings.write(xen, "/a", "1");
            Recordings.write(xen, "/b", "2");
        });
        assertEquals(2, e.sequence());
        assertEquals("the end of the recording", e.differences().get(0).recorded());
    }

    @Test
    void aMissingCallIsReportedAtTheEnd() {
        ReplayMismatchException e = mismatch(
                xen -> {
                    Recordings.write(xen, "/a", "1");
                    Recordings.write(xen, "/b", "2");
                },
                xen -> Recordings.write(xen, "/a", "1"));
        assertTrue(e.getMessage().contains("record 2: XenStore.write(transaction=0, path=/b, value=2)"));
    }

    @Test
    void afterADifferenceCallsFailAndCleaningUpSucceeds() {
        Path trace = dir.resolve("trace");
        Recordings.record(trace, xen -> Recordings.setPodTarget(xen, 1, 5));
        try (Replay replay = Replay.of(trace)) {
            ReplayMismatchException first =
                    assertThrows(ReplayMismatchException.class, () -> Recordings.setPodTarget(replay, 1, 6));
            assertEquals(0, first.getSuppressed().length, "the buffer was closed quietly");
            ReplayMismatchException second =
                    assertThrows(ReplayMismatchException.class, () -> Recordings.write(replay, "/a", "1"));
            assertSame(first, second.getCause());
            assertEquals(first.differences(), second.differences());
        }
    }

    @Test
    void aDifferenceWhoseExceptionWasCaughtIsReportedAtTheEnd() {
        ReplayMismatchException e = mismatch(
                xen -> Recordings.write(xen, "/a", "1"),
                xen -> assertThrows(ReplayMismatchException.class, () -> Recordings.write(xen, "/a", "2")));
        assertEquals(List.of(new Difference("value", "1", "2")), e.differences());
    }

    @Test
    void aDifferentUuidIsReported() {
        ReplayMismatchException e = mismatch(
                xen -> Xenctrl.open(xen).domains().destroy(3),
                xen -> Xenctrl.open(xen).domains().destroy(4));
        assertEquals(List.of(new Difference("domain", "3", "4")), e.differences());
    }
}
