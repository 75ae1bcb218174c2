// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.xenjava.toolstack.memory.GuestShape;
import org.xenjava.toolstack.memory.PodPolicy;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;
import org.xenjava.toolstack.xenctrl.units.PodCounters;

/** {@link PodPolicy#libxl()} reckons as libxl did, for PVH and for HVM: numbers alone, no build. */
class LibxlPolicyTest {
    private static final Pages VGA_HOLE = Pages.of(32);
    private static final PodCounters UNUSED = new PodCounters(0, 0, 0);

    private final PodPolicy policy = PodPolicy.libxl();

    static Stream<LibxlRecording> recordings() {
        return Stream.of(Recordings.PVH, Recordings.HVM).flatMap(List::stream);
    }

    @ParameterizedTest
    @MethodSource("recordings")
    void theNumbersOfABuildAreTheRecordedOnes(LibxlRecording recording) {
        Facts facts = recording.facts();
        GuestShape shape = shape(recording);
        assertEquals(
                facts.get("max_mem.max_memkb"),
                Long.toString(policy.maxMem(shape).value()));
        assertEquals(
                facts.get("set_pod_target.target_pages"),
                policy.buildTarget(shape)
                        .map(target -> Long.toString(target.count()))
                        .orElse(Facts.ABSENT));
        assertEquals(node(recording, "memory/target"), policy.bootTarget(shape).value());
    }

    @ParameterizedTest
    @ValueSource(strings = {"p1", "p2"})
    void theNumbersOfAMemSetAreTheRecordedOnes(String guest) {
        LibxlRecording recording = Recordings.named(guest);
        for (String step : Recordings.MEM_SETS) {
            Facts facts = MemSetSummary.of(recording.memSet(step));
            KiB memory = KiB.ofMiB(Long.parseLong(step.substring(step.indexOf('-') + 1)));
            GuestShape built = shape(recording);
            GuestShape shape = new GuestShape(memory, built.maxMemory(), built.videoRam(), built.vgaHole());
            assertEquals(
                    facts.get("max_mem"), Long.toString(policy.maxMem(shape).value()));
            assertEquals(
                    facts.get("memory/target"),
                    Long.toString(policy.resizeTarget(shape).value()));
            Optional<Pages> target = policy.resizePodTarget(shape, memory, UNUSED);
            assertEquals(
                    facts.get("set_pod_target"),
                    Long.toString(target.orElseThrow().count()));
        }
    }

    private static GuestShape shape(LibxlRecording recording) {
        return new GuestShape(
                KiB.ofMiB(recording.memoryMib()),
                KiB.of(node(recording, "memory/static-max")),
                KiB.of(node(recording, "memory/videoram")),
                Recordings.HVM.contains(recording) ? VGA_HOLE : Pages.ZERO);
    }

    private static long node(LibxlRecording recording, String relative) {
        String node = recording.nodes().get("/local/domain/N/" + relative);
        return Long.parseLong(node.substring(1, node.indexOf('"', 1)));
    }
}
