// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.sim.SimulatedXen;

/** Creates and destroys PVH guests with populate-on-demand on the simulated Xen. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(1)
@Warmup(iterations = 10, time = 2)
@Measurement(iterations = 5, time = 2)
public class BuildBenchmark {
    private static final long TIB_PAGES = 1L << 28;
    private static final int MIB_PER_TIB = 1 << 20;

    private final SimulatedXen machine =
            SimulatedXen.builder().hostPages(2 * TIB_PAGES).build();
    private final Toolstack toolstack = Toolstack.options().open(machine.host());
    private final Path kernel = Kernels.temporary();
    private final AtomicLong names = new AtomicLong();

    /** Closes the toolstack. */
    @TearDown
    public void close() throws IOException {
        toolstack.close();
        Files.delete(kernel);
    }

    private void build(long memoryMib, long maxMemoryMib) {
        Domain domain = toolstack.create(DomainConfig.builder("guest-" + names.incrementAndGet())
                .kernel(kernel)
                .memoryMib(memoryMib)
                .maxMemoryMib(maxMemoryMib)
                .build());
        domain.destroy();
    }

    /** Creates and destroys guests of 256 of 512 MiB, one at a time. */
    @Benchmark
    @Threads(1)
    public void oneAtOnce() {
        build(256, 512);
    }

    /** Creates and destroys guests on two threads. */
    @Benchmark
    @Threads(2)
    public void twoAtOnce() {
        build(256, 512);
    }

    /** Creates and destroys guests on four threads. */
    @Benchmark
    @Threads(4)
    public void fourAtOnce() {
        build(256, 512);
    }

    /** Creates and destroys a guest of 512 GiB of 1 TiB. */
    @Benchmark
    @BenchmarkMode(Mode.AverageTime)
    @OutputTimeUnit(TimeUnit.MILLISECONDS)
    public void oneTebibyte() {
        build(MIB_PER_TIB / 2, MIB_PER_TIB);
    }
}
