// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.xl.XlConfigReader;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.sim.guest.HaltingPvKernel;
import org.xenjava.toolstack.trace.Contents;
import org.xenjava.toolstack.trace.Recorder;
import org.xenjava.toolstack.trace.TraceReader;

/**
 * Compares the calls of our builder for a PV guest with those of {@code xl create -p}. The bytes in the guest's memory are
 * compared where they are made; the nodes in xenstore are those of a PVH guest.
 */
class PvConformanceTest {
    /** What depends on the machine frames that Xen chose, on the host's processors and labels, or on another domain. */
    private static final Pattern OF_THE_MACHINE = Pattern.compile(
            "frames mapped|grant table|introduce|page 0x.*|CPUID .*|createdomain\\.(handle|ssidref)|order|pages owned.*");

    /**
     * Calls that only libxl makes: affinities that are the default, the width of addresses that every PV domain has, and the
     * unpause of a recording without {@code -p}.
     */
    private static final List<String> OF_LIBXL = List.of(
            "scheduler_op",
            "set_address_size",
            "get_address_size",
            "setnodeaffinity",
            "setvcpuaffinity",
            "unpausedomain");

    /** The place of CR3 in {@code struct vcpu_guest_context} of x86-64. */
    private static final int CR3 = 5008;

    private static final int PAGE_SHIFT = 12;

    @TempDir
    Path directory;

    @ParameterizedTest
    @ValueSource(strings = {"i1-pv-128", "i2-pv-96-128-vcpus2", "i3-pv-160-bzimage"})
    void aPvBuildMakesTheCallsOfLibxl(String name) throws IOException {
        LibxlRecording libxl = LibxlRecording.of(name);
        Facts theirs = BuildSummary.of(libxl.calls(), Map.of());
        Facts ours = BuildSummary.of(calls(libxl), Map.of());
        assertEquals(
                List.of(),
                Facts.differences(theirs, ours).stream()
                        .filter(difference ->
                                !OF_THE_MACHINE.matcher(difference.fact()).matches())
                        .filter(difference -> !OF_LIBXL.contains(difference.fact()))
                        .toList());
    }

    @ParameterizedTest
    @ValueSource(strings = {"i1-pv-128", "i2-pv-96-128-vcpus2", "i3-pv-160-bzimage"})
    void theTablesArePinnedBeforeTheVcpuHasThemAndAfterTheMemoryExists(String name) throws IOException {
        LibxlRecording libxl = LibxlRecording.of(name);
        String order = order(libxl.calls());
        assertEquals(order, order(calls(libxl)));
        assertTrue(order.endsWith(Call.MMUEXT_OP + ", setvcpucontext"), order);
    }

    /** The machine frames differ with each build. */
    @ParameterizedTest
    @ValueSource(strings = {"i1-pv-128", "i2-pv-96-128-vcpus2", "i3-pv-160-bzimage"})
    void theTableThatIsPinnedIsTheOneThatTheVcpuGets(String name) throws IOException {
        LibxlRecording libxl = LibxlRecording.of(name);
        for (List<Call> calls : List.of(libxl.calls(), calls(libxl))) {
            Call.Hypercall pin = only(calls, Call.MMUEXT_OP);
            ByteBuffer vcpu = ByteBuffer.wrap(only(calls, "setvcpucontext").pointee("vcpu_context"))
                    .order(ByteOrder.LITTLE_ENDIAN);
            assertEquals(vcpu.getLong(CR3) >> PAGE_SHIFT, pin.number("arg1"));
        }
    }

    private static Call.Hypercall only(List<Call> calls, String operation) {
        List<Call.Hypercall> found = calls.stream()
                .filter(Call.Hypercall.class::isInstance)
                .map(Call.Hypercall.class::cast)
                .filter(call -> call.operation().equals(operation))
                .toList();
        assertEquals(1, found.size(), operation);
        return found.get(0);
    }

    private static String order(List<Call> calls) {
        return calls.stream()
                .flatMap(call -> call instanceof Call.Hypercall hypercall
                        ? Optional.of(hypercall.operation()).stream()
                        : Optional.<String>empty().stream())
                .filter(
                        List.of(
                                "createdomain",
                                "max_vcpus",
                                "max_mem",
                                "populate_physmap",
                                Call.MMUEXT_OP,
                                "setvcpucontext")::contains)
                .collect(Collectors.joining(", "));
    }

    private List<Call> calls(LibxlRecording libxl) throws IOException {
        Path kernel = Files.write(directory.resolve("kernel"), HaltingPvKernel.elf());
        Path ramdisk = Files.write(directory.resolve("ramdisk"), new byte[] {1});
        DomainConfig config = XlConfigReader.read(
                        libxl.config(),
                        List.of("kernel='" + kernel + "'", "ramdisk='" + ramdisk + "'", "disk=[]", "vif=[]"))
                .config();
        Clock clock = Clock.fixed(Instant.EPOCH, ZoneOffset.UTC);
        Path trace = directory.resolve("trace.jsonl");
        Recorder recorder = new Recorder("create", clock, Contents.FULL);
        try (Toolstack toolstack = Toolstack.options()
                .clock(clock)
                .tap(libraries -> recorder.wrap(libraries, trace))
                .open(SimulatedXen.create().host())) {
            toolstack.create(config);
        }
        return OwnReader.read(TraceReader.read(trace));
    }
}
