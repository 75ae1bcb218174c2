// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.stream;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.xenjava.toolstack.stream.StreamSummary.PageCount;

/** The streams that xl has written are read, and written again byte for byte. */
class RecordedStreamTest {
    /** xl's word to a receiver of a migration, with its NUL. */
    private static final int HANDSHAKE_BYTES = 44;

    @ParameterizedTest
    @CsvSource({
        "pvh-16-live.up,       five live passes, 44",
        "hvm-32.save.hollow,   a device model, 0",
        "pv-128.save.hollow,   page tables, 0",
        "pvh-8.xalloc.save,    pages without content, 0"
    })
    void aStreamOfXlIsWrittenAgainByteForByte(String name, String what, int behind) {
        byte[] recorded = Streams.recorded(name);
        byte[] stream = Arrays.copyOf(recorded, recorded.length - behind);
        assertArrayEquals(stream, Streams.rewrite(recorded), what);
    }

    @Test
    void aLiveMigrationHasFivePassesAndTheHandshakeBehindItsEnd() {
        byte[] recorded = Streams.recorded("pvh-16-live.up");
        StreamSummary summary = Streams.summary(recorded);
        assertEquals(recorded.length - HANDSHAKE_BYTES, summary.bytes());
        assertEquals(new StreamRecord.ImageStart(3, StreamRecord.DomainKind.HVM, 4, 17), summary.start());
        assertTrue(summary.header().config().contains("\"name\": \"p1\""));
        assertEquals(
                List.of(
                        "LIBXC_CONTEXT",
                        "X86_CPUID_POLICY",
                        "X86_MSR_POLICY",
                        "STATIC_DATA_END",
                        "PAGE_DATA",
                        "X86_TSC_INFO",
                        "HVM_CONTEXT",
                        "HVM_PARAMS",
                        "END",
                        "END"),
                names(summary));
        StreamSummary.Line pages = summary.records().get(4);
        assertEquals(0x892, pages.offset());
        assertEquals(1020 + 5, pages.count());
        // 4,113 pages of the first pass, 206 of each of the five others.
        assertEquals(4113 + 5 * 206, summary.pages().stored());
        assertEquals(1_044_480 + 5 * 207, summary.pages().entries());
        assertEquals(3808 + 5, summary.pages().zero());
        assertEquals(
                "HEADER(24) CPU(1032) LAPIC(24) LAPIC_REGS(1024) PCI_IRQ(16) ISA_IRQ(8) PCI_LINK(8) MTRR(240)"
                        + " VMCE_VCPU(32) TSC_ADJUST(8) END(0)",
                summary.records().get(6).details());
        assertEquals(0x1c1637aL, summary.records().get(8).offset());
    }

    @Test
    void aSavedHvmGuestHasTheStateOfItsDeviceModel() {
        StreamSummary summary = Streams.summary(Streams.recorded("hvm-32.save.hollow"));
        StreamSummary.Line emulator = summary.records().get(9);
        assertEquals("EMULATOR_CONTEXT", emulator.name());
        assertEquals(0x2839baaL, emulator.offset());
        assertEquals("emulator 2, 7317 bytes of state", emulator.details());
        assertEquals(8252, summary.pages().stored());
    }

    /** {@code xl save} on Xen 4.17.7 of a Linux 6.1 with two vCPUs; the contents of most ordinary pages were cleared. */
    @Test
    void aSavedPvGuestHasPageTablesAndVcpus() {
        StreamSummary summary = Streams.summary(Streams.recorded("pv-128.save.hollow"));
        assertEquals(StreamRecord.DomainKind.PV, summary.start().kind());
        assertEquals(32768, summary.pages().stored());
        assertEquals(
                "64-bit guest, 4 levels of page tables",
                summary.records().get(1).details());
        assertEquals(
                "pfns up to 0x7fff, list of 64 pages", summary.records().get(5).details());
    }

    @Test
    void aGuestWithDebtWasSavedWithMorePagesThanItMayHave() {
        StreamSummary summary = Streams.summary(Streams.recorded("pvh-pod-debt.save"));
        assertEquals(4113, summary.pages().stored());
    }

    @Test
    void pagesWithoutContentAreCounted() {
        PageCount pages = Streams.summary(Streams.recorded("pvh-8.xalloc.save")).pages();
        assertEquals(2065, pages.stored() + pages.allocated());
        assertEquals(0, pages.absent() + pages.zero() + pages.broken());
    }

    private static List<String> names(StreamSummary summary) {
        return summary.records().stream().map(StreamSummary.Line::name).toList();
    }
}
