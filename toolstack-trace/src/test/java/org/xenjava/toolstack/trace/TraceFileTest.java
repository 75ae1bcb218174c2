// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.trace;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mockito.Mockito;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;

class TraceFileTest {
    @TempDir
    Path dir;

    private Path recorded() {
        Path trace = dir.resolve("trace.jsonl");
        Recordings.record(trace, Recordings::build);
        return trace;
    }

    private Path edited(int line, String replacement) throws IOException {
        Path trace = recorded();
        List<String> lines = Files.readAllLines(trace);
        lines.set(line - 1, replacement);
        return Files.write(trace, lines);
    }

    private static TraceFormatException refused(Path trace) {
        return assertThrows(TraceFormatException.class, () -> TraceReader.read(trace));
    }

    @Test
    void theHeaderHasCommandDateAndXenRelease() {
        assertEquals(
                new TraceHeader(1, "4.17", "create a.cfg", Recordings.DATE, Contents.HASH, Secrets.REDACTED),
                TraceReader.read(recorded()).header());
    }

    @Test
    void theDocumentationsExamplesAreLinesOfARealTrace() throws IOException {
        Path trace = dir.resolve("trace");
        Recordings.record(trace, xen -> {
            Recordings.setPodTarget(xen, 7, 65_536);
            Recordings.populate(xen, 0, 512, 1024, 1536);
            Recordings.writeGuest(xen, 1, 0x1000, "kernel");
        });
        String document =
                Files.readString(Path.of("..", "docs", "trace-format.md")).replaceAll("\\s", "");
        List<String> lines = Files.readAllLines(trace);
        for (int sequence : new int[] {1, 2, 3, 6, 9, 10}) {
            String line = lines.get(sequence);
            assertTrue(document.contains(line), line);
        }
    }

    @Test
    void theQueryOfTheReleaseIsNotRecorded() {
        Path trace = dir.resolve("trace");
        Recordings.record(trace, xen -> {});
        assertEquals(List.of(), TraceReader.read(trace).records());
        Recordings.replay(trace, xen -> {});
    }

    @Test
    void aHypercallIsReadWithItsFieldsBeforeAndAfter() {
        HypercallRecord call = hypercall("set_pod_target");
        assertEquals("memory_op", call.hypercall());
        assertEquals(65_536, call.number("target_pages"));
        assertEquals("0", call.input().get("tot_pages"));
        assertEquals("65536", call.output().get("tot_pages"));
        assertEquals("65536", call.output().get("target_pages"));
        assertEquals(0, call.result());
        assertThrows(NoSuchElementException.class, () -> call.number("target"));
    }

    @Test
    void theBytesThatAFieldPointsToCanBeRead() {
        HypercallRecord call = hypercall("populate_physmap");
        ByteBuffer gfns =
                ByteBuffer.wrap(call.pointee("extent_start", 5 * Long.BYTES)).order(ByteOrder.LITTLE_ENDIAN);
        long[] expected = {0, 512, 1024, 1536, 0};
        for (long gfn : expected) {
            assertEquals(gfn, gfns.getLong());
        }
        assertThrows(NoSuchElementException.class, () -> call.pointee("nr_extents", 8));
    }

    @Test
    void arraysAreHexAndAFieldThatBothStructsHaveIsTheUnionsByItsPrefix() {
        assertEquals(
                Recordings.HANDLE.toString().replace("-", ""),
                hypercall("createdomain").input().get("handle"));
        Path trace = dir.resolve("other");
        Recordings.record(trace, xen -> Xenctrl.open(xen).domains().info(3));
        HypercallRecord info = (HypercallRecord) TraceReader.read(trace).records().stream()
                .filter(r -> r instanceof HypercallRecord h
                        && h.input().getOrDefault("domain", "").equals("3"))
                .findFirst()
                .orElseThrow();
        assertEquals("3", info.output().get("domain"));
        assertEquals("3", info.output().get("u.domain"));
        assertEquals("-1", info.output().get("shared_info_frame"));
    }

    @Test
    void aFailedCallIsReadWithItsErrno() {
        Path trace = dir.resolve("trace");
        Recordings.record(
                trace,
                xen -> assertThrows(XenLibException.class, () -> xen.call().call(99, 1)));
        HypercallRecord call =
                (HypercallRecord) TraceReader.read(trace).records().get(0);
        assertEquals("hypercall_99", call.hypercall());
        assertEquals(-1, call.result());
        assertEquals(Optional.of(Errno.ENOSYS), call.failure());
    }

    @Test
    void anErrnoWithoutANameIsReplayed() {
        Path trace = dir.resolve("trace");
        FakeXen xen = new FakeXen();
        Mockito.when(xen.store.transactionStart())
                .thenThrow(new XenLibException("xs_transaction_start", new Errno(123)));
        Recordings.record(
                trace,
                Contents.HASH,
                xen,
                libraries -> assertThrows(
                        XenLibException.class, () -> libraries.store().transactionStart()));
        assertEquals(
                Optional.of(new Errno(123)),
                TraceReader.read(trace).records().get(0).failure());
    }

    @Test
    void guestWritesAreReadAsRunsOfPages() throws Exception {
        GuestWrite write = guestWrite(recorded());
        assertEquals(7, write.domid());
        assertEquals("map#1", write.mapping());
        assertEquals(
                List.of(0x1000L, 0xfc008L),
                write.runs().stream().map(GuestWrite.Run::frame).toList());
        assertEquals(2, write.runs().get(0).pages());
        byte[] last = new byte[4096];
        last[0] = 1;
        String sha256 =
                HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(last));
        assertEquals(sha256, write.runs().get(1).sha256());
    }

    @Test
    void aFullTraceHasTheBytesAndTheSameHashes() {
        Path full = dir.resolve("full");
        Recordings.record(full, Contents.FULL, new FakeXen(), Recordings::build);
        GuestWrite.Run run = guestWrite(full).runs().get(0);
        assertEquals(guestWrite(recorded()).runs().get(0).sha256(), run.sha256());
        byte[] bytes = new byte[6];
        ByteBuffer content = run.bytes().orElseThrow();
        assertEquals(2 * 4096, content.remaining());
        content.get(100, bytes);
        assertArrayEquals("kernel".getBytes(StandardCharsets.UTF_8), bytes);
    }

    @Test
    void aLibraryCallIsReadWithItsArguments() {
        TracedCall write = TraceReader.read(recorded()).records().stream()
                .filter(r -> r instanceof TracedCall c && c.method().equals("write"))
                .map(TracedCall.class::cast)
                .findFirst()
                .orElseThrow();
        assertEquals("XenStore", write.library());
        assertEquals("262144", write.arguments().get("value"));
        assertEquals("/local/domain/7/memory/target", write.arguments().get("path"));
    }

    @Test
    void aMalformedLineIsRefusedWithItsNumber() throws IOException {
        TraceFormatException e = refused(edited(3, "{\"seq\":2,,"));
        assertEquals(3, e.line());
        assertEquals("trace.jsonl, line 3: not a whole JSON object", e.getMessage());
    }

    @Test
    void aLineWithoutARequiredMemberIsRefused() throws IOException {
        TraceFormatException e = refused(edited(2, "{\"seq\":1,\"interface\":\"XenStore\",\"in\":{}}"));
        assertEquals("trace.jsonl, line 2: malformed: no \"method\"", e.getMessage());
    }

    @Test
    void anEmptyLineIsRefused() throws IOException {
        assertEquals(4, refused(edited(4, "")).line());
    }

    @Test
    void aMissingLineIsRefused() throws IOException {
        Path trace = recorded();
        List<String> lines = Files.readAllLines(trace);
        lines.remove(4);
        Files.write(trace, lines);
        TraceFormatException e = refused(trace);
        assertEquals(5, e.line());
        assertTrue(e.getMessage().endsWith("record 5 where 4 should be"), e.getMessage());
    }

    @Test
    void textAfterTheEndIsRefused() throws IOException {
        Path trace = recorded();
        List<String> lines = Files.readAllLines(trace);
        lines.add(lines.get(1));
        assertEquals(lines.size(), refused(Files.write(trace, lines)).line());
    }

    @Test
    void anotherVersionIsRefused() throws IOException {
        String header = Files.readAllLines(recorded()).get(0);
        TraceFormatException e = refused(edited(1, header.replace("\"version\":1", "\"version\":2")));
        assertTrue(e.getMessage().endsWith("version 2 of the schema; only 1 is known"), e.getMessage());
    }

    @Test
    void aFileOfAnotherFormatIsRefused() throws IOException {
        assertEquals(
                1, refused(Files.writeString(dir.resolve("a"), "{\"seq\":1}\n")).line());
        assertEquals(1, refused(Files.writeString(dir.resolve("b"), "")).line());
        assertEquals(
                1,
                refused(Files.write(dir.resolve("c"), new byte[] {(byte) 0xff, 0}))
                        .line());
        assertEquals(
                1, refused(Files.writeString(dir.resolve("d.gz"), "not gzip")).line());
        assertThrows(UncheckedIOException.class, () -> TraceReader.read(dir.resolve("missing")));
    }

    @Test
    void aLineCutInTheMiddleIsRefusedWithItsNumber() throws IOException {
        Path trace = recorded();
        byte[] all = Files.readAllBytes(trace);
        List<String> lines = Files.readAllLines(trace);
        int lastLine = lines.get(lines.size() - 1).length() + 1;
        Files.write(trace, Arrays.copyOf(all, all.length - lastLine - 5));
        assertEquals(lines.size() - 1, refused(trace).line());
    }

    @Test
    void aCompressedTraceThatWasCutIsRefused() throws IOException {
        Path trace = dir.resolve("trace.jsonl.gz");
        Recordings.record(trace, Recordings::build);
        byte[] all = Files.readAllBytes(trace);
        Files.write(trace, Arrays.copyOf(all, all.length / 2));
        TraceFormatException e = refused(trace);
        assertTrue(e.getMessage().endsWith("the compressed file is cut off"), e.getMessage());
    }

    @Test
    void aTraceHasEveryCallBeforeACrash() {
        Path trace = dir.resolve("trace.jsonl");
        XenLibraries neverClosed = Recordings.recorder(Contents.HASH).wrap(new FakeXen(), trace);
        Recordings.write(neverClosed, "/a", "1");
        Trace read = TraceReader.read(trace);
        assertEquals(1, read.records().size());
        assertFalse(read.isComplete());

        Replay replay = Replay.of(read);
        Recordings.write(replay, "/a", "1");
        ReplayMismatchException e =
                assertThrows(ReplayMismatchException.class, () -> Recordings.write(replay, "/a", "2"));
        assertTrue(e.getMessage().contains("the recording was cut off here"), e.getMessage());
        neverClosed.close();
        assertTrue(TraceReader.read(trace).isComplete());
    }

    @Test
    void anAnswerThatCannotBeReadIsReportedWithItsLine() throws IOException {
        Path trace = dir.resolve("trace.jsonl");
        Recordings.record(trace, xen -> xen.store().isDomainIntroduced(1));
        List<String> lines = Files.readAllLines(trace);
        lines.set(1, lines.get(1).replace("\"result\":false", "\"result\":{}"));
        Files.write(trace, lines);
        Replay replay = Replay.of(trace);
        TraceFormatException e =
                assertThrows(TraceFormatException.class, () -> replay.store().isDomainIntroduced(1));
        assertEquals(2, e.line());
    }

    @Test
    void aTraceCanBeWrittenToAWriter() {
        StringWriter out = new StringWriter();
        Recordings.recorder(Contents.HASH).wrap(new FakeXen(), out).close();
        assertEquals(2, out.toString().lines().count());
    }

    @Test
    void aFullDiskDoesNotDisturbTheCallsButIsReportedAtTheEnd() {
        FakeXen xen = new FakeXen();
        XenLibraries libraries = Recordings.recorder(Contents.HASH).wrap(xen, new FullDisk());
        Recordings.build(libraries);
        UncheckedIOException e = assertThrows(UncheckedIOException.class, libraries::close);
        assertEquals("the trace is incomplete: no space left", e.getCause().getMessage());
        assertEquals(List.of("all"), xen.closed);
    }

    private static final class FullDisk extends Writer {
        @Override
        public void write(char[] text, int from, int length) throws IOException {
            throw new IOException("no space left");
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    }

    @Test
    void aRecordingThatWasClosedRecordsNoMore() {
        XenLibraries libraries = Recordings.recorder(Contents.HASH).wrap(new FakeXen(), new StringWriter());
        libraries.close();
        libraries.close();
        assertThrows(IllegalStateException.class, () -> Recordings.write(libraries, "/a", "1"));
    }

    private HypercallRecord hypercall(String operation) {
        return TraceReader.read(recorded()).records().stream()
                .filter(r -> r instanceof HypercallRecord h && h.operation().equals(operation))
                .map(HypercallRecord.class::cast)
                .findFirst()
                .orElseThrow();
    }

    private static GuestWrite guestWrite(Path trace) {
        return TraceReader.read(trace).records().stream()
                .filter(GuestWrite.class::isInstance)
                .map(GuestWrite.class::cast)
                .findFirst()
                .orElseThrow();
    }
}
