// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.replay;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.replay.Scenario.SupervisorContext;
import org.xenjava.toolstack.trace.Recorder;

/** Runs every scenario on the Xen below and records it; {@code lab/record} starts this in the lab's dom0. */
public final class RecordTraces {
    private static final Duration BETWEEN_LOOKS = Duration.ofSeconds(2);

    private RecordTraces() {}

    /** @param args the directory for the traces; the directory with the lab's Linux guest */
    public static void main(String[] args) throws IOException {
        Path traces = Path.of(args[0]);
        Path linux = Path.of(args[1]);
        Path directory = Files.createTempDirectory("kernel");
        try (KernelDisk disk = KernelDisk.in(directory)) {
            record(traces, linux, disk.kernel());
        }
    }

    private static void record(Path traces, Path linux, Path kernel) throws IOException {
        for (Scenario scenario : Scenario.ALL) {
            prepare(scenario, linux);
            Path trace = traces.resolve(scenario.name() + ".jsonl.gz");
            Recorder recorder = new Recorder(scenario.description(), Clock.systemUTC());
            try (Toolstack toolstack = Scenario.options()
                    .tap(libraries -> recorder.wrap(libraries, trace))
                    .open()) {
                scenario.script().run(toolstack, new SupervisorContext(kernel, RecordTraces::sleep));
            }
            System.out.println(trace + ": " + Files.size(trace) + " bytes");
        }
    }

    private static void prepare(Scenario scenario, Path directory) {
        if (scenario.name().equals("mem-set-running")) {
            try (Toolstack toolstack = Toolstack.open()) {
                toolstack.create(DomainConfig.builder(Scenario.LINUX)
                        .uuid(Scenario.GUEST)
                        .kernel(directory.resolve("vmlinuz"))
                        .ramdisk(directory.resolve("initrd.gz"))
                        .commandLine("console=hvc0 quiet")
                        .memoryMib(256)
                        .maxMemoryMib(512)
                        .build());
            }
        }
    }

    private static void sleep() {
        try {
            Thread.sleep(BETWEEN_LOOKS.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
