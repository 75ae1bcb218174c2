// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.xenjava.toolstack.DomainStatus;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.pod.GuardListener;
import org.xenjava.toolstack.pod.GuardPolicy;
import org.xenjava.toolstack.pod.GuardScope;
import org.xenjava.toolstack.pod.PodGuard;
import org.xenjava.toolstack.pod.PodStatus;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.store.DomainPaths;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.xenctrl.CreateDomain;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.abi.DomctlOp;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;

/** Operations on a simulated host, by the number of domains that live there. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class ManyDomainsBenchmark {
    private static final long HOST_PAGES = 1L << 24;
    private static final int SECONDS_UNTIL_ALL_ARE_DUE = 600;

    /** The number of domains. */
    @Param({"10", "100", "1000", "10000"})
    public int domains;

    private final SimulatedXen machine =
            SimulatedXen.builder().hostPages(HOST_PAGES).build();
    private final Toolstack toolstack = Toolstack.options().open(machine.host());
    private final Path kernel = Kernels.temporary();
    private final PodGuard guard = toolstack.newGuard(GuardPolicy.standard(), GuardScope.ALL, GuardListener.NONE);
    private Instant now = Instant.EPOCH;

    /** Creates domains with the nodes that the operations read; they have no memory. */
    @Setup
    public void createDomains() {
        try (XenLibraries libraries = machine.connect()) {
            Xenctrl xenctrl = Xenctrl.open(libraries);
            StoreClient store = new StoreClient(libraries.store());
            for (int i = 0; i < domains; i++) {
                int domid = xenctrl.domains()
                        .create(new CreateDomain(
                                new UUID(1, i), DomctlOp.CDF_HVM | DomctlOp.CDF_HAP, DomctlOp.EMU_LAPIC, 1, 2));
                DomainPaths paths = new DomainPaths(domid);
                store.direct().write(paths.name(), "domain-" + i);
                store.direct().write(paths.memoryTarget(), "8192");
                store.direct().write(paths.libxlType(), "pvh");
            }
        }
    }

    /** Closes the toolstack. */
    @TearDown
    public void close() throws IOException {
        toolstack.close();
        Files.delete(kernel);
    }

    /** Lists all domains. */
    @Benchmark
    public List<DomainStatus> list() {
        return toolstack.statuses();
    }

    /** Reads the populate-on-demand counters of all domains. */
    @Benchmark
    public List<PodStatus> podCheck() {
        return toolstack.podStatuses(failure -> {
            throw failure;
        });
    }

    /** A round of the guard in which each domain is due. */
    @Benchmark
    public void guardRound() {
        now = now.plusSeconds(SECONDS_UNTIL_ALL_ARE_DUE);
        guard.tick(now);
    }

    /** Creates one more guest of 8 of 16 MiB, and destroys it. */
    @Benchmark
    public void createOneMore() {
        toolstack
                .create(DomainConfig.builder("one-more")
                        .kernel(kernel)
                        .memoryMib(8)
                        .maxMemoryMib(16)
                        .build())
                .destroy();
    }
}
