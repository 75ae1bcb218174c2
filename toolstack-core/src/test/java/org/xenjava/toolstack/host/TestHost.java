// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.host;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.xenjava.toolstack.Leftovers;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.ToolstackOptions;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.config.GraphicsConfig;
import org.xenjava.toolstack.config.GraphicsConfig.Vga;
import org.xenjava.toolstack.config.HotplugPolicy;
import org.xenjava.toolstack.config.HvmConfig;
import org.xenjava.toolstack.config.HvmConfig.Bios;
import org.xenjava.toolstack.config.HvmConfig.Firmware;
import org.xenjava.toolstack.image.TestFirmware;
import org.xenjava.toolstack.image.TestKernels;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.sim.fault.FaultInjection;
import org.xenjava.toolstack.sim.fault.MachineState;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.abi.XenRelease;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;

/** A simulated machine, a toolstack on it that faults can be injected into, and somebody who watches both. */
public final class TestHost implements AutoCloseable {
    /** When every test takes place: the time at which the recorded domain was built. */
    public static final Instant NOW = Instant.ofEpochSecond(1_795_350_721L, 180_000_000L);

    /** Of all processes: no two choose the same UUID. */
    private static final Random RANDOM = new Random(153);

    /** What is simulated answers at once or never. */
    public static final Duration DEVICE_LIMIT = Duration.ofMillis(100);

    /** Superpages that the kernel and the ramdisk of the guest lay in whose counters were measured on real Xen. */
    public static final int LAB_SUPERPAGES = 19;

    private static final Path PV_KERNEL = file("pv", ".kernel", TestKernels.pv());
    private static final Path KERNEL = file("tiny", ".kernel", TestKernels.linux());

    /** One program is both hvmloader and BIOS, so that a guest is built in no time. */
    private static final Path LOADER = file("tiny", ".loader", TestFirmware.tinyLoader());

    public final SimulatedXen xen;
    /** Another process: sees the machine, and hears of no fault. */
    public final XenLibraries observer;

    public final Xenctrl xenctrl;
    public final FaultInjection faults;
    public final Toolstack toolstack;

    private final Set<String> running = ConcurrentHashMap.newKeySet();
    private int processes;

    private TestHost(SimulatedXen.Builder machine) {
        xen = machine.build();
        observer = xen.connect();
        xenctrl = Xenctrl.open(observer);
        TestProcess process = newProcess();
        faults = process.faults();
        toolstack = process.open();
    }

    /** The oldest release, those of Debian, and the newest: what is tested on more than one release runs on these. */
    public static List<XenRelease> releases() {
        return IntStream.of(14, 17, 20, 22)
                .mapToObj(minor -> new XenRelease(4, minor))
                .toList();
    }

    public static TestHost create() {
        return of(SimulatedXen.builder());
    }

    public static TestHost of(SimulatedXen.Builder machine) {
        return new TestHost(machine);
    }

    public static ToolstackOptions options() {
        return Toolstack.options()
                .clock(Clock.fixed(NOW, ZoneOffset.UTC))
                .random(RANDOM)
                .hotplugScripts(HotplugPolicy.RUN)
                .deviceLimit(DEVICE_LIMIT);
    }

    /** A process of its own, which can be killed. */
    public TestProcess newProcess() {
        return new TestProcess("process-" + ++processes, xen, FaultInjection.around(xen.connect()), running);
    }

    /** Runs a process until its end, however that comes, then another that finds what it has left, and then nothing. */
    public void letTheNextProcessCleanUpAfter(MachineState before, Consumer<TestProcess> work) {
        TestProcess process = newProcess();
        work.accept(process);
        process.faults().close();
        process.ends();
        TestProcess next = newProcess();
        next.open().close();
        next.ends();
        assertUnchangedSince(before, process.faults().injected().toString());
    }

    /** As {@link #letTheNextProcessCleanUpAfter}; the next process looks for everything that is left. */
    public void letTheNextProcessCollectAfter(MachineState before, Consumer<TestProcess> work) {
        TestProcess process = newProcess();
        work.accept(process);
        process.faults().close();
        process.ends();
        TestProcess next = newProcess();
        Leftovers leftovers = next.open().leftovers();
        leftovers.removeAll();
        assertEquals(List.of(), leftovers.find());
        next.faults().close();
        next.ends();
        assertUnchangedSince(before, process.faults().injected().toString());
    }

    /** A guest with a kernel that is as small as one can be. */
    public static DomainConfig.Builder guest(String name, long memoryMib, long maxMemoryMib) {
        return DomainConfig.builder(name).kernel(KERNEL).memoryMib(memoryMib).maxMemoryMib(maxMemoryMib);
    }

    /** A PV guest with a small kernel. */
    public static DomainConfig.Builder pvGuest(String name, long memoryMib) {
        return DomainConfig.builder(name)
                .type(DomainType.PV)
                .kernel(PV_KERNEL)
                .memoryMib(memoryMib)
                .maxMemoryMib(memoryMib);
    }

    /** An HVM guest without a screen. */
    public static DomainConfig.Builder hvmGuest(String name, long memoryMib, long maxMemoryMib) {
        HvmConfig machine = HvmConfig.builder()
                .graphics(GraphicsConfig.of(Vga.NONE))
                .firmware(new Firmware(
                        Bios.SEABIOS, Optional.of(LOADER), Optional.of(LOADER), Optional.empty(), Optional.empty()))
                .build();
        return DomainConfig.builder(name)
                .type(DomainType.HVM)
                .memoryMib(memoryMib)
                .maxMemoryMib(maxMemoryMib)
                .hvm(machine);
    }

    public MachineState state() {
        return MachineState.of(observer);
    }

    public void assertUnchangedSince(MachineState before, String after) {
        assertEquals(List.of(), state().changesSince(before), after);
    }

    private static Path file(String name, String suffix, byte[] content) {
        try {
            Path file = Files.createTempFile(name, suffix);
            file.toFile().deleteOnExit();
            return Files.write(file, content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        toolstack.close();
        observer.close();
    }
}
