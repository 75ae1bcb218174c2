// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.config.DiskConfig;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.NicConfig;
import org.xenjava.toolstack.config.VirtualDisk;
import org.xenjava.toolstack.config.libxl.LibxlConfig;
import org.xenjava.toolstack.device.view.DetachMode;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.error.DomainFileException;
import org.xenjava.toolstack.error.DomainStateException;
import org.xenjava.toolstack.lifecycle.SupervisionListener;
import org.xenjava.toolstack.lifecycle.SupervisionPolicy;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.xenctrl.units.KiB;

/** The configurations that a toolstack stores for libxl, in a directory of the test. */
class LibxlFilesTest {
    private final SimulatedXen xen = SimulatedXen.builder()
            .blockDevice("/dev/vg/web")
            .blockDevice("/dev/vg/data")
            .build();
    private final Path directory;
    private final Toolstack toolstack;

    LibxlFilesTest(@TempDir Path directory) {
        this.directory = directory;
        toolstack = TestHost.options().libxlDirectory(directory).open(xen.host());
    }

    @AfterEach
    void close() {
        toolstack.close();
    }

    private static DomainConfig.Builder guest() {
        return TestHost.guest("web", 16, 32)
                .disks(List.of(DiskConfig.builder("xvda").target("/dev/vg/web").build()))
                .nics(List.of(NicConfig.builder().build()));
    }

    private List<String> files() {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString()).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private LibxlConfig file(Domain domain) throws IOException {
        String name = "userdata-d." + domain.domid() + "." + domain.uuid() + ".libxl-json";
        assertEquals(List.of(name), files());
        return LibxlConfig.parse(Files.readString(directory.resolve(name)), name);
    }

    @Test
    void aCreateStoresTheConfigurationAndADestroyRemovesIt() throws IOException {
        Domain domain = toolstack.create(guest().build());
        LibxlConfig.Reading stored = file(domain).read();
        assertEquals(domain.config().orElseThrow().disks(), stored.config().disks());
        assertEquals(
                domain.config().orElseThrow().nics().get(0).mac(),
                stored.config().nics().get(0).mac());
        assertEquals(Optional.of(domain.uuid()), stored.config().uuid());
        domain.destroy();
        assertEquals(List.of(), files());
    }

    @Test
    void aCreateThatFailsLeavesNoFile() {
        DomainConfig config = guest().disks(
                        List.of(DiskConfig.builder("xvda").target("/dev/vg/web").build()))
                .nics(List.of(NicConfig.builder().bridge("missing").build()))
                .build();
        assertThrows(ConfigException.class, () -> toolstack.create(config));
        assertEquals(List.of(), files());
    }

    @Test
    void aDirectoryThatCannotBeWrittenFailsTheCreateAndNothingIsLeft() {
        try (Toolstack broken =
                TestHost.options().libxlDirectory(directory.resolve("missing")).open(xen.host())) {
            assertThrows(DomainFileException.class, () -> broken.create(guest().build()));
            assertEquals(1, broken.domains().size());
        }
    }

    @Test
    void attachedDevicesComeAndGoInTheFile() throws IOException {
        Domain domain = toolstack.create(guest().build());
        LibxlConfig before = file(domain);
        DiskConfig disk = DiskConfig.builder("xvdb").target("/dev/vg/data").build();
        domain.devices().attach(disk);
        int devid = domain.devices().attach(NicConfig.builder().build()).devid();
        assertEquals(
                Optional.of(disk),
                file(domain).read().config().disks().stream().skip(1).findFirst());
        assertEquals(2, file(domain).read().config().nics().size());
        domain.devices().detach(new VirtualDisk("xvdb"), DetachMode.FORCE);
        domain.devices().detachNic(devid, DetachMode.FORCE);
        assertEquals(before, file(domain));
    }

    @Test
    void aFailedAttachLeavesTheFileAsItWas() throws IOException {
        Domain domain = toolstack.create(guest().build());
        LibxlConfig before = file(domain);
        NicConfig lost = NicConfig.builder().bridge("missing").build();
        assertThrows(ConfigException.class, () -> domain.devices().attach(lost));
        assertEquals(before, file(domain));
    }

    @Test
    void theListingHasThePresentValues() throws IOException {
        Domain domain = toolstack.create(guest().build());
        domain.rename("other");
        domain.memory().set(KiB.ofMiB(20));
        DomainConfig present = domain.libxlConfig().orElseThrow().read().config();
        assertEquals("other", present.name());
        assertEquals(KiB.ofMiB(20), present.memory());
        assertEquals(KiB.ofMiB(32), present.maxMemory());
        assertEquals("web", file(domain).read().config().name());
    }

    @Test
    void theListingOfADomainWithoutAFileComesFromOurRecord() {
        Domain domain = toolstack.create(guest().build());
        try (Toolstack without = TestHost.options().open(xen.host())) {
            Domain same = without.find(domain.domid()).orElseThrow();
            assertEquals(domain.libxlConfig(), same.libxlConfig());
            assertEquals(Optional.empty(), without.find(0).orElseThrow().libxlConfig());
        }
    }

    @Test
    void aRebootReadsTheConfigurationOfConfigUpdate() throws IOException {
        Domain domain = toolstack.create(guest().build());
        String mac = domain.devices().nics().get(0).mac();
        domain.updateConfig(guest().name("another").memoryMib(24).build());
        assertEquals(KiB.ofMiB(16), domain.config().orElseThrow().memory());
        DomainConfig successor = rebooted(domain);
        assertEquals("web", successor.name());
        assertEquals(KiB.ofMiB(24), successor.memory());
        assertEquals(Optional.of(domain.uuid()), successor.uuid());
        assertEquals(mac, successor.nics().get(0).mac().orElseThrow().text());
    }

    @Test
    void aRebootReadsWhatXlConfigUpdateHasStored() throws IOException {
        Domain domain = toolstack.create(guest().build());
        String kernel = domain.config().orElseThrow().kernel().orElseThrow().toString();
        Files.writeString(
                directory.resolve("userdata-d." + domain.domid() + "." + domain.uuid() + ".xl"),
                "name = \"web\"\ntype = \"pvh\"\nmemory = 20\nkernel = \"" + kernel + "\"\n");
        DomainConfig successor = rebooted(domain);
        assertEquals(KiB.ofMiB(20), successor.memory());
        assertEquals(List.of(), successor.disks());
        assertEquals(1, files().size());
    }

    @Test
    void aStoredTextThatDescribesNoGuestIsNotUsed() throws IOException {
        Domain domain = toolstack.create(guest().build());
        Files.writeString(
                directory.resolve("userdata-d." + domain.domid() + "." + domain.uuid() + ".xl"), "memory = nonsense\n");
        assertEquals(KiB.ofMiB(16), rebooted(domain).memory());
    }

    private DomainConfig rebooted(Domain domain) {
        domain.unpause();
        xen.advance(Duration.ofSeconds(5));
        xen.guest(domain.domid()).orElseThrow().shutDown(1);
        toolstack
                .newSupervisor(SupervisionPolicy.standard(), SupervisionListener.NONE)
                .tick(TestHost.NOW);
        UUID uuid = domain.uuid();
        Domain successor = toolstack.find(uuid).orElseThrow();
        assertTrue(successor.domid() != domain.domid());
        return successor.config().orElseThrow();
    }

    @Test
    void aDomainOfNobodyHasNoConfigurationToUpdate() {
        Domain dom0 = toolstack.find(0).orElseThrow();
        assertThrows(DomainStateException.class, () -> dom0.updateConfig(guest().build()));
    }
}
