// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.replay;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.UUID;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.ToolstackOptions;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.error.HostMemoryException;
import org.xenjava.toolstack.memory.MemoryStatus;
import org.xenjava.toolstack.pod.PodVerdict;
import org.xenjava.toolstack.process.ProcessIdentity;
import org.xenjava.toolstack.xenctrl.units.KiB;

/**
 * Something to do with a toolstack that is the same on a real Xen and in a replay: the time, the process, the UUID and
 * the kernel are.
 *
 * @param name of the trace
 * @param description of what is done, for the trace's header
 * @param script does it
 */
record Scenario(String name, String description, Script script) {
    static final UUID GUEST = UUID.fromString("7a3f8a52-5c1e-4c2b-9d3e-0c5a6f3b1e47");

    /** A guest of that name runs Linux with its balloon driver; it is there, paused, before the scenario begins. */
    static final String LINUX = "linux";

    static final List<Scenario> ALL = List.of(
            build("build-256-512", 256, 512),
            build("build-256-256", 256, 256),
            build("build-1000-1537", 1000, 1537),
            build("build-512-4608", 512, 4608),
            new Scenario(
                    "mem-set-paused",
                    "create memory=256 maxmem=512; mem-set 300, 200, 512; destroy",
                    Scenario::resizePaused),
            new Scenario(
                    "mem-set-running",
                    "a Linux guest, memory=256 maxmem=512: unpause; mem-set 200 and 300 once it has ballooned; destroy",
                    Scenario::resizeRunning),
            new Scenario(
                    "build-too-large", "create memory=16384 maxmem=32768 fails at the claim", Scenario::buildTooLarge));

    /** The operations of a scenario. */
    interface Script {
        void run(Toolstack toolstack, SupervisorContext surroundings);
    }

    /**
     * The surroundings that differ between the lab and a replay.
     *
     * @param kernel a file with {@link TinyKernel#ofOnePage}
     * @param pause lets a guest run for a while
     */
    record SupervisorContext(Path kernel, Runnable pause) {
        DomainConfig config(long memoryMib, long maxMemoryMib) {
            return DomainConfig.builder("scenario")
                    .uuid(GUEST)
                    .kernel(kernel)
                    .commandLine("console=hvc0")
                    .memoryMib(memoryMib)
                    .maxMemoryMib(maxMemoryMib)
                    .build();
        }
    }

    /** What both have in common. */
    static ToolstackOptions options() {
        return Toolstack.options()
                .clock(Clock.fixed(Instant.parse("2026-11-22T10:00:00Z"), ZoneOffset.UTC))
                .processIdentity(ProcessIdentity.named("scenario"));
    }

    private static Scenario build(String name, long memoryMib, long maxMemoryMib) {
        return new Scenario(
                name,
                "create memory=%d maxmem=%d; pod-check; destroy".formatted(memoryMib, maxMemoryMib),
                (toolstack, surroundings) -> {
                    Domain domain = toolstack.create(surroundings.config(memoryMib, maxMemoryMib));
                    domain.pod().status();
                    domain.destroy();
                });
    }

    private static void resizePaused(Toolstack toolstack, SupervisorContext surroundings) {
        Domain domain = toolstack.create(surroundings.config(256, 512));
        for (long mib : new long[] {300, 200, 512}) {
            domain.memory().set(KiB.ofMiB(mib));
            domain.pod().status();
        }
        domain.destroy();
    }

    private static void resizeRunning(Toolstack toolstack, SupervisorContext surroundings) {
        Domain domain = toolstack.find(LINUX).orElseThrow();
        domain.unpause();
        awaitBalloon(domain, surroundings);
        for (long mib : new long[] {200, 300}) {
            domain.memory().set(KiB.ofMiB(mib));
            awaitBalloon(domain, surroundings);
        }
        domain.destroy();
    }

    /** Looks as often as it was looked when this was recorded, since it sees the same. */
    private static void awaitBalloon(Domain domain, SupervisorContext surroundings) {
        while (!hasReachedItsTarget(domain)) {
            surroundings.pause().run();
        }
    }

    private static boolean hasReachedItsTarget(Domain domain) {
        MemoryStatus memory = domain.memory().status();
        long distance = memory.totPages().count() - memory.target().toPages().count();
        // Special and ACPI pages are no RAM of the guest's.
        return Math.abs(distance) <= 16 && domain.pod().status().verdict() == PodVerdict.NOT_VULNERABLE;
    }

    private static void buildTooLarge(Toolstack toolstack, SupervisorContext surroundings) {
        try {
            toolstack.create(surroundings.config(16384, 32768));
            throw new AssertionError("this host has more memory than the lab's");
        } catch (HostMemoryException e) {
            // As expected: the trace shows that nothing of the domain stays.
        }
    }
}
