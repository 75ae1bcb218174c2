// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.ToolstackOptions;
import org.xenjava.toolstack.config.DiskConfig;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.DomainConfig.BootLoader;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.error.ToolstackException;
import org.xenjava.toolstack.host.TestHost;
import org.xenjava.toolstack.memory.PodPolicy;
import org.xenjava.toolstack.process.ProcessIdentity;
import org.xenjava.toolstack.progress.Cancellation;
import org.xenjava.toolstack.sim.fault.MachineState;
import org.xenjava.toolstack.xenctrl.lib.FirmwareLocator;

/** Guests whose kernel a boot loader finds on their first disk. */
class BootFilesTest {
    private static final BootLoader PYGRUB = new BootLoader("pygrub", List.of("--offset=1"));

    @TempDir
    Path files;

    private final TestHost host = TestHost.create();
    private final MachineState before = host.state();
    private Path image = Path.of("/");

    @BeforeEach
    void makeADiskWithAKernel() throws IOException {
        image = Files.write(files.resolve("web.img"), new byte[512]);
        Path kernel = TestHost.guest("any", 16, 32).build().kernel().orElseThrow();
        Files.copy(kernel, files.resolve("web.img.kernel"));
    }

    @AfterEach
    void close() {
        host.close();
    }

    private DomainConfig.Builder guest() {
        return DomainConfig.builder("web")
                .bootLoader(PYGRUB)
                .memoryMib(16)
                .maxMemoryMib(32)
                .disks(List.of(
                        DiskConfig.builder("xvda").target(image.toString()).build()));
    }

    private static Set<Path> leftDirectories() {
        try (Stream<Path> all = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
            return all.filter(path -> path.getFileName().toString().startsWith("xenjava-boot"))
                    .collect(Collectors.toSet());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String refusal(DomainConfig.Builder config) throws IOException {
        Set<Path> directories = leftDirectories();
        String message = assertThrows(ToolstackException.class, () -> host.toolstack.create(config.build()))
                .getMessage();
        host.assertUnchangedSince(before, message);
        assertEquals(directories, leftDirectories());
        return message;
    }

    @Test
    void theGuestBootsTheKernelOfItsDiskAgainAtEachBuild() throws IOException {
        Set<Path> directories = leftDirectories();
        Domain domain = host.toolstack.create(guest().build());
        domain.unpause();
        assertEquals(directories, leftDirectories());
        DomainConfig next = domain.config().orElseThrow();
        assertEquals(Optional.of(PYGRUB), next.bootLoader());
        assertEquals(Optional.empty(), next.kernel());
        domain.destroy();
        host.toolstack.create(next).destroy();
        assertEquals(List.of("pygrub --offset=1 " + image, "pygrub --offset=1 " + image), host.xen.scriptCalls());
    }

    /** A thread may build with an identity of its own: see ToolstackOptions.processIdentity. */
    @Test
    void theFilesOfABootLoaderAreSignedAsTheBuildIs() {
        Set<Path> during = new HashSet<>();
        ToolstackOptions options = TestHost.options().processIdentity(ProcessIdentity.named("pid:[1] 2 3"));
        try (Toolstack thread = options.open(host.xen.host())) {
            thread.create(guest().build(), progress -> during.addAll(leftDirectories()), new Cancellation());
        }
        assertTrue(
                during.stream().anyMatch(path -> path.getFileName().toString().startsWith("xenjava-boot-1-2-3-")),
                during.toString());
    }

    @Test
    void aNamedKernelIsPassedOnAsByLibxl() {
        host.toolstack
                .create(guest().kernel(Path.of("/boot/k")).commandLine("quiet").build())
                .destroy();
        assertEquals(List.of("pygrub --kernel=/boot/k --args=quiet --offset=1 " + image), host.xen.scriptCalls());
    }

    @Test
    void aDiskWithoutAKernelIsAnErrorThatLeavesNothing() throws IOException {
        Files.delete(files.resolve("web.img.kernel"));
        String message = refusal(guest());
        assertTrue(message.contains("boot loader pygrub: status 1: RuntimeError: Unable to find partition"), message);
    }

    @Test
    void theBootLoaderRunsBeforeTheGuestTakesMemory() throws IOException {
        Files.delete(files.resolve("web.img.kernel"));
        String message = refusal(guest().memoryMib(1 << 20).maxMemoryMib(1 << 20));
        assertTrue(message.contains("boot loader pygrub: status 1: RuntimeError: Unable to find partition"), message);
    }

    @Test
    void dryRunRefusesAGuestWithoutADiskThatABootLoaderReads() {
        DomainConfig config = guest().disks(List.of()).build();
        FirmwareLocator firmware = host.xen.host().firmware();
        String message = assertThrows(
                        ConfigException.class, () -> CreatePlan.of(config, PodPolicy.standard(), firmware))
                .getMessage();
        assertTrue(message.endsWith("the guest has no disk to boot from"), message);
    }

    @Test
    void aBrokenKernelIsAnErrorThatLeavesNothing() throws IOException {
        Files.writeString(files.resolve("web.img.kernel"), "no kernel");
        assertTrue(refusal(guest()).contains("kernel"), "the kernel is named");
    }

    @Test
    void aBootLoaderReadsOnlyARawFirstDiskOfThisHost() throws IOException {
        assertTrue(refusal(guest().disks(List.of())).endsWith("the guest has no disk to boot from"));
        for (DiskConfig disk : List.of(
                DiskConfig.builder("xvda")
                        .target(image.toString())
                        .format(DiskConfig.Format.QCOW2)
                        .build(),
                DiskConfig.builder("xvda").target("t").script("block-iscsi").build())) {
            String message = refusal(guest().disks(List.of(disk)));
            assertTrue(message.endsWith("and the first disk, xvda, is none"), message);
        }
    }

    @Test
    void aToolstackThatRunsNoProgramsOfConfigurationsRefusesTheGuest() {
        try (Toolstack strict = Toolstack.options().open(host.xen.host())) {
            String message = assertThrows(ToolstackException.class, () -> strict.create(guest().build()))
                    .getMessage();
            assertTrue(
                    message.endsWith("boot loaders are not run; ToolstackOptions.hotplugScripts allows them"), message);
        }
    }
}
