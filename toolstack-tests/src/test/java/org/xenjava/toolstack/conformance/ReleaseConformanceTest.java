// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.xenjava.toolstack.memory.PodPolicy;
import org.xenjava.toolstack.xenctrl.abi.XenRelease;

/** A create on other releases differs from that on 4.17, which is compared with libxl's, in what the release wants. */
class ReleaseConformanceTest {
    /** Fields that createdomain does not have yet, and the older call for the paging pool. */
    private static final List<String> ON_4_14 = List.of(
            "createdomain.cpupool_id: 0, –",
            "createdomain.grant_opts: 2, –",
            "createdomain.misc_flags: 0, –",
            "createdomain.vmtrace_size: 0, –",
            "order: max_mem, set_paging_mempool_size, claim_pages, set_pod_target, populate_physmap,"
                    + " max_mem, shadow_op, claim_pages, set_pod_target, populate_physmap",
            "set_paging_mempool_size.size: 3145728, –",
            "shadow_op.mb: –, 3",
            "shadow_op.op: –, 31");

    private static final List<String> ON_4_16 = ON_4_14.stream()
            .filter(line -> !line.startsWith("createdomain.") || line.startsWith("createdomain.cpupool_id"))
            .toList();

    private static final List<String> ON_4_15 = ON_4_14.stream()
            .filter(line -> !line.contains("misc_flags") && !line.contains("vmtrace_size"))
            .toList();

    /** No event channels in place of interrupts. */
    private static final String WITHOUT_PIRQ = "createdomain.emulation_flags: 1023, 511";

    /** The console ring says that nobody serves it yet. */
    private static final String DISCONNECTED = "page 0xfefff CRC-32: –, 1fc77c9f";

    /** Builds on 4.17, by guest: each is compared with the builds on several releases. */
    private static final Map<String, Facts> ON_4_17 = new ConcurrentHashMap<>();

    static Stream<Arguments> differences() {
        return Stream.of(
                Arguments.of(14, Recordings.PVH, ON_4_14),
                Arguments.of(20, Recordings.PVH, List.of()),
                Arguments.of(22, Recordings.PVH, List.of(DISCONNECTED)),
                Arguments.of(14, Recordings.HVM, ON_4_14),
                Arguments.of(15, Recordings.HVM, ON_4_15),
                Arguments.of(16, Recordings.HVM, ON_4_16),
                Arguments.of(18, Recordings.HVM, List.of()),
                Arguments.of(19, Recordings.HVM, List.of(WITHOUT_PIRQ)),
                Arguments.of(20, Recordings.HVM, List.of(WITHOUT_PIRQ)),
                Arguments.of(21, Recordings.HVM, List.of(WITHOUT_PIRQ, DISCONNECTED)),
                Arguments.of(22, Recordings.HVM, List.of(WITHOUT_PIRQ, DISCONNECTED)));
    }

    @ParameterizedTest
    @MethodSource("differences")
    void aCreateDiffersFromThatOn417InWhatTheReleaseWants(
            int minor, List<LibxlRecording> guests, List<String> expected, @TempDir Path directory) {
        LibxlRecording guest = guests.get(0);
        Facts on417 = ON_4_17.computeIfAbsent(guest.name(), name -> OwnBuild.of(guest, PodPolicy.standard(), directory)
                .facts());
        Facts on = OwnBuild.of(guest, PodPolicy.standard(), directory, new XenRelease(4, minor))
                .facts();
        assertEquals(
                expected,
                Facts.differences(on417, on).stream()
                        .map(difference -> difference.fact() + ": " + difference.libxl() + ", " + difference.ours())
                        .toList());
    }
}
