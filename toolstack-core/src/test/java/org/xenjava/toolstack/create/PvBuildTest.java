// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.DomainStatus;
import org.xenjava.toolstack.ShutdownReason;
import org.xenjava.toolstack.ShutdownRequest;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.config.DiskConfig;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.config.NicConfig;
import org.xenjava.toolstack.config.ProcessorConfig;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.error.DomainStateException;
import org.xenjava.toolstack.error.KernelImageException;
import org.xenjava.toolstack.error.ToolstackException;
import org.xenjava.toolstack.host.TestHost;
import org.xenjava.toolstack.image.TestKernels;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.sim.fault.Fault;
import org.xenjava.toolstack.sim.fault.MachineState;
import org.xenjava.toolstack.sim.fault.ProcessKilled;
import org.xenjava.toolstack.xenctrl.DomainInfo;
import org.xenjava.toolstack.xenctrl.abi.XenRelease;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.MappedPages;
import org.xenjava.toolstack.xenctrl.lib.Protection;
import org.xenjava.toolstack.xenctrl.units.KiB;

/**
 * PV guests on the simulated Xen. Its guest comes up only if it finds its start info, its page tables and its machine frames
 * as a kernel would.
 */
class PvBuildTest {
    private static final int PAGE_BYTES = 4096;

    @TempDir
    Path files;

    private TestHost host = TestHost.create();

    @AfterEach
    void close() {
        host.close();
    }

    private DomainConfig.Builder guest(byte[] kernel) throws IOException {
        return DomainConfig.builder("web")
                .type(DomainType.PV)
                .kernel(Files.write(files.resolve("kernel"), kernel))
                .commandLine("console=hvc0")
                .memoryMib(64)
                .maxMemoryMib(64);
    }

    private Path ramdisk() throws IOException {
        byte[] content = new byte[10_000];
        Arrays.fill(content, (byte) 7);
        return Files.write(files.resolve("ramdisk"), content);
    }

    private Domain started(DomainConfig config) {
        Domain domain = host.toolstack.create(config);
        domain.unpause();
        host.xen.advance(Duration.ofSeconds(30));
        return domain;
    }

    private DomainInfo info(Domain domain) {
        return host.xenctrl.domains().info(domain.domid()).orElseThrow();
    }

    private String node(Domain domain, String path) {
        return new String(
                host.observer.store().read(0, "/local/domain/" + domain.domid() + "/" + path), StandardCharsets.UTF_8);
    }

    static List<XenRelease> releases() {
        return TestHost.releases();
    }

    @ParameterizedTest
    @MethodSource("releases")
    void aPvGuestFindsItsMemoryAndRunsOnEachRelease(XenRelease release) throws IOException {
        host.close();
        host = TestHost.of(SimulatedXen.builder().release(release.major(), release.minor()));
        MachineState before = host.state();
        Domain domain = started(guest(TestKernels.pv()).ramdisk(ramdisk()).build());
        assertEquals(DomainStatus.Kind.PV, domain.status().kind());
        assertEquals(Optional.empty(), domain.status().shutdownReason());
        assertEquals(64 * 256, info(domain).totPages());
        assertTrue(host.xen.guest(domain.domid()).isPresent());
        domain.destroy();
        host.assertUnchangedSince(before, "after the destroy");
    }

    @Test
    void aKernelWithoutPlacesForRamdiskAndFramesHasBothInItsMapping() throws IOException {
        Domain domain = started(guest(TestKernels.oldPv()).ramdisk(ramdisk()).build());
        assertEquals(Optional.empty(), domain.status().shutdownReason());
    }

    @Test
    void aGuestOfSinglePagesRuns() throws IOException {
        host.close();
        host = TestHost.of(
                SimulatedXen.builder().hostPages(420_000).xenPages(16_000).dom0Pages(393_216));
        DomainConfig config =
                guest(TestKernels.pv()).memoryMib(33).maxMemoryMib(33).build();
        assertEquals(Optional.empty(), started(config).status().shutdownReason());
    }

    @Test
    void theRingsHaveTheirMachineFramesInXenstoreAndInTheGrantTable() throws IOException {
        Domain domain = host.toolstack.create(guest(TestKernels.pv()).build());
        long store = Long.parseLong(node(domain, "store/ring-ref"));
        long console = Long.parseLong(node(domain, "console/ring-ref"));
        assertEquals(store + 1, console);
        try (MappedPages grants =
                host.observer.foreignMemory().mapResource(domain.domid(), 1, 0, 0, 1, Protection.READ)) {
            assertEquals(console, grants.bytes().getInt(4));
            assertEquals(store, grants.bytes().getInt(12));
        }
        byte[] ring = new byte[PAGE_BYTES];
        try (MappedPages page = host.observer.foreignMemory().map(domain.domid(), Protection.READ, store)) {
            page.bytes().get(ring);
        }
        assertArrayEquals(new byte[PAGE_BYTES], ring);
    }

    @Test
    void aPvGuestBalloonsUpToMaxmemAndOwnsNothingOnDemand() throws IOException {
        Domain domain = started(guest(TestKernels.pv()).maxMemoryMib(96).build());
        assertEquals(64 * 256, info(domain).totPages());
        assertEquals(65 * 256, info(domain).maxPages());
        domain.memory().set(KiB.ofMiB(96));
        host.xen.advance(Duration.ofMinutes(1));
        assertEquals(96 * 256, info(domain).totPages());
        assertEquals(97 * 256, info(domain).maxPages());
        domain.memory().set(KiB.ofMiB(40));
        host.xen.advance(Duration.ofMinutes(1));
        assertEquals(40 * 256, info(domain).totPages());
        assertEquals(41 * 256, info(domain).maxPages());
        assertEquals(Long.toString(96 * 1024), node(domain, "memory/static-max"));
        assertThrows(ConfigException.class, () -> domain.memory().set(KiB.ofMiB(97)));
    }

    @Test
    void aPvGuestObeysShutdownRequestsAndStartsAgain() throws IOException {
        DomainConfig config = guest(TestKernels.pv()).build();
        MachineState before = host.state();
        Domain domain = started(config);
        domain.lifecycle().requestShutdown(ShutdownRequest.REBOOT);
        host.xen.advance(Duration.ofSeconds(30));
        assertEquals(Optional.of(ShutdownReason.REBOOT), domain.status().shutdownReason());
        domain.destroy();
        Domain again = started(config);
        assertEquals(Optional.empty(), again.status().shutdownReason());
        again.destroy();
        host.assertUnchangedSince(before, "after two guests");
    }

    @Test
    void aPvGuestHasDisksAndCards() throws IOException {
        Path image = Files.write(files.resolve("disk"), new byte[1 << 20]);
        MachineState before = host.state();
        Domain domain = started(guest(TestKernels.pv())
                .disks(List.of(
                        DiskConfig.builder("xvda").target(image.toString()).build()))
                .nics(List.of(NicConfig.builder().build()))
                .build());
        assertEquals("4", node(domain, "device/vbd/51712/state"));
        assertEquals("4", node(domain, "device/vif/0/state"));
        domain.destroy();
        host.assertUnchangedSince(before, "after the destroy");
    }

    @Test
    void aXenWithoutPvGuestsIsNamedBeforeADomainExists() throws IOException {
        host.close();
        host = TestHost.of(SimulatedXen.builder().withoutPvGuests());
        DomainConfig config = guest(TestKernels.pv()).build();
        refused(DomainStateException.class, "Xen was built or started without them", config);
    }

    @Test
    void aKernelThatCannotRunIsRefusedBeforeADomainExists() throws IOException {
        refused(
                KernelImageException.class,
                "neither an ELF file",
                guest(new byte[100]).build());
        refused(
                KernelImageException.class,
                "kernel for PVH guests",
                guest(TestKernels.linux()).build());
        refused(
                KernelImageException.class,
                "need 21 MiB, but the guest boots with memory=20 MiB",
                guest(TestKernels.pv()).memoryMib(20).build());
    }

    @Test
    void whatAPvGuestLacksIsRefusedBeforeADomainExists() throws IOException {
        refused(
                ConfigException.class,
                "nestedhvm: a PV guest has no hardware virtualization",
                guest(TestKernels.pv())
                        .processor(new ProcessorConfig(Set.of(ProcessorConfig.Feature.NESTEDHVM), List.of(), KiB.ZERO))
                        .build());
        refused(
                ConfigException.class,
                "at most 1023 bytes",
                guest(TestKernels.pv()).commandLine("x".repeat(1024)).build());
    }

    @Test
    void theMemoryOfAPvGuestIsNotDumped() throws IOException {
        Domain domain = started(guest(TestKernels.pv()).build());
        assertThrows(DomainStateException.class, () -> domain.memory().dump(files.resolve("dump")));
    }

    @Test
    void aCallThatFailsLeavesNothing() throws IOException {
        DomainConfig config = small();
        MachineState before = host.state();
        long calls = callsOfABuild(config);
        for (long n = 1; n <= calls; n += 2) {
            host.faults.inject(Fault.callFails(n, Errno.EINVAL));
            ToolstackException e = assertThrows(ToolstackException.class, () -> host.toolstack.create(config));
            host.faults.heal();
            host.assertUnchangedSince(before, n + " of " + calls + ": " + e.getMessage());
        }
    }

    @Test
    void theNextProcessRemovesWhatAKilledOneHasLeft() throws IOException {
        DomainConfig config = small();
        MachineState before = host.state();
        long calls = callsOfABuild(config);
        for (long n = 2; n <= calls; n += 5) {
            Fault death = Fault.processKilled(n);
            host.letTheNextProcessCleanUpAfter(before, process -> {
                Toolstack toolstack = process.open();
                process.faults().inject(death);
                assertThrows(ProcessKilled.class, () -> toolstack.create(config));
            });
        }
    }

    private DomainConfig small() throws IOException {
        return guest(TestKernels.pv()).memoryMib(24).maxMemoryMib(32).build();
    }

    private long callsOfABuild(DomainConfig config) {
        host.toolstack.create(config).destroy();
        long start = host.faults.calls();
        Domain built = host.toolstack.create(config);
        long calls = host.faults.calls() - start;
        built.destroy();
        assertTrue(calls > 80, "a build is " + calls + " calls");
        return calls;
    }

    private void refused(Class<? extends Exception> type, String reason, DomainConfig config) {
        MachineState before = host.state();
        String message = assertThrows(type, () -> host.toolstack.create(config)).getMessage();
        assertTrue(message.contains(reason), message);
        host.assertUnchangedSince(before, message);
    }
}
