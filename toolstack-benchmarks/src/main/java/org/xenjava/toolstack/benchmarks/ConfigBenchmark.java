// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.xl.XlConfigReader;
import org.xenjava.toolstack.config.xl.XlConfigWriter;
import org.xenjava.toolstack.create.CreatePlan;
import org.xenjava.toolstack.memory.PodPolicy;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.xenctrl.lib.FirmwareLocator;

/** Reads, writes and plans the configuration of a PVH guest. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class ConfigBenchmark {
    private final Path kernel = Kernels.temporary();
    private final String text =
            """
            name = "web"
            type = "pvh"
            kernel = "%s"
            cmdline = "console=hvc0 root=/dev/xvda1 ro"
            memory = 256
            maxmem = 512
            vcpus = 2
            on_crash = "preserve"
            """
                    .formatted(kernel);
    private final DomainConfig config = XlConfigReader.parse(text, "web.cfg").config().toBuilder()
            .uuid(new UUID(1, 2))
            .build();

    private final FirmwareLocator firmware = SimulatedXen.create().host().firmware();

    /** Removes the kernel. */
    @TearDown
    public void deleteKernel() throws IOException {
        Files.delete(kernel);
    }

    /** Reads eight lines of xl.cfg. */
    @Benchmark
    public DomainConfig parse() {
        return XlConfigReader.parse(text, "web.cfg").config();
    }

    /** Writes the configuration as xl.cfg. */
    @Benchmark
    public String write() {
        return XlConfigWriter.write(config);
    }

    /** Plans the guest for an unknown host, as {@code dry-run} does. */
    @Benchmark
    public CreatePlan plan() {
        return CreatePlan.of(config, PodPolicy.standard(), firmware);
    }
}
