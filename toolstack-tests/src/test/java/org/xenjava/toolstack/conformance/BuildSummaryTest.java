// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.xenjava.toolstack.conformance.Facts.Difference;

/** The summaries contain the facts that are compared: two sides without a fact would be equal. */
class BuildSummaryTest {
    private static final Facts A = Recordings.named("a").facts();
    private static final Facts H4 = Recordings.named("h4").facts();

    @ParameterizedTest
    @CsvSource(
            delimiterString = " = ",
            value = {
                "createdomain.emulation_flags = 1",
                "max_mem.max_memkb = 263168",
                "set_paging_mempool_size.size = 3145728",
                "settscinfo.tsc_mode = 0",
                "order = max_mem, set_paging_mempool_size, claim_pages, set_pod_target, populate_physmap",
                "claim_pages = RAM, then 0",
                "set_pod_target.target_pages = 65536",
                "RAM populated = 0x0: 256 × order 9 PoD",
                "frames populated besides the RAM = 0xfc000+9, 0xfeff8+8",
                "pages owned in the end = RAM + 17",
                "memory map, RAM = 0x0+0x20000000 type 1",
                "CPUID 0x80000001 = 00060fb1 00000000 00000001 20100800",
                "HVM param IDENT_PT = 0xfeffe000",
                "page 0xfeffe CRC-32 = d6894034",
                "sethvmcontext = (HEADER MTRR#0 END), (HEADER CPU#0 END)",
                "vCPU 0 rip = 0000000001000850",
                "vCPU 0 msr_mtrr_def_type = 0000000000000806",
                "grant table = 01000000ffef0f0001000000fcef0f",
                "start info command line = console=hvc0 quiet",
                "start info modules = 0x4a01000+1984016",
                "start info memory map = as set_memory_map",
                "alloc_unbound.remote_dom = 0, 0",
                "introduce = 'gfn 0xfeffc, port 1'",
                "xenstore /local/domain/N/memory/target = \"262144\" (n0,rN)",
                "xenstore /local/domain/N/control/shutdown = \"\" (nN)",
            })
    void aPvhRecordingHasTheFact(String fact, String value) {
        assertEquals(value, A.get(fact));
    }

    @ParameterizedTest
    @CsvSource(
            delimiterString = " = ",
            value = {
                "createdomain.emulation_flags = 1023",
                "set_pod_target.target_pages = 126944",
                "memory map, RAM = 0x100000+0xeff00000 type 1, 0x100000000+0xf000000 type 1",
                "frames populated besides the RAM = 0xfeff0+16",
                "HVM param NR_IOREQ_SERVER_PAGES = 0x8",
                "xenstore /local/domain/N/memory/videoram = \"16384\" (n0,rN)",
            })
    void anHvmRecordingHasTheFact(String fact, String value) {
        assertEquals(value, H4.get(fact));
    }

    @Test
    void extentsInARowAreWrittenAsOne() {
        assertEquals(
                "0x0: 160 × order 0 PoD; 0xc0: 320 × order 0 PoD; 0x200: 511 × order 9 PoD;"
                        + " 0x40000: 2 × order 18 PoD; 0xc0000: 384 × order 9 PoD; 0x100000: 120 × order 9 PoD",
                H4.get("RAM populated"));
    }

    @Test
    void factsDifferInTheirValuesAndInWhetherTheyAreThere() {
        Facts one = new Facts();
        one.add("same", "1");
        one.add("other", "2");
        one.add("only one's", "3");
        Facts two = new Facts();
        two.add("same", "1");
        two.add("other", "4");
        two.add("only two's", "5");
        assertEquals(
                List.of(
                        new Difference("only one's", "3", Facts.ABSENT),
                        new Difference("other", "2", "4"),
                        new Difference("only two's", Facts.ABSENT, "5")),
                Facts.differences(one, two));
    }
}
