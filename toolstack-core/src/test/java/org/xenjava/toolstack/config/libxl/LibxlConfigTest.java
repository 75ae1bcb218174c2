// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config.libxl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.xenjava.toolstack.config.CpuPlacement;
import org.xenjava.toolstack.config.DiskConfig;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.config.GraphicsConfig.Vga;
import org.xenjava.toolstack.config.HvmConfig;
import org.xenjava.toolstack.config.HvmConfig.UsbDevice;
import org.xenjava.toolstack.config.HvmFeature;
import org.xenjava.toolstack.config.LifecycleAction;
import org.xenjava.toolstack.config.MacAddress;
import org.xenjava.toolstack.config.NicConfig;
import org.xenjava.toolstack.config.ViridianFeature;
import org.xenjava.toolstack.config.VirtualDisk;
import org.xenjava.toolstack.config.xl.XlConfigReader;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.processor.CpuList;
import org.xenjava.toolstack.processor.CpuShare;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Scheduler;

/** The files beside this class are what libxl 4.17 and 4.20 stored and what xl printed, on real Xen. */
class LibxlConfigTest {
    private static LibxlConfig recorded(String name) {
        return LibxlConfig.parse(text(name + ".json"), name);
    }

    static String text(String file) {
        try (var in = Objects.requireNonNull(LibxlConfigTest.class.getResourceAsStream(file), file)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a-pvh-pod-256-512",
                "b-pvh-nopod-256",
                "c-pvh-pod-1000-1537",
                "d1-hvm-pod-256-512-vganone",
                "d2-hvm-pod-256-512-stdvga16",
                "e-hvm-nopod-512",
                "h1-pvh-pod-256-512-vcpus4",
                "h4-hvm-pod-512-4096",
                "h7-hvm-pod-255-257-videoram16"
            })
    void whatXlMadeOfAFileMeansWhatOurReaderMakesOfIt(String name) {
        LibxlConfig.Reading reading = recorded(name).read();
        DomainConfig ours = XlConfigReader.parse(text(name + ".cfg"), name).config().toBuilder()
                .uuid(reading.config().uuid().orElseThrow())
                .build();
        assertEquals(ours, reading.config());
        assertEquals(List.of(), reading.ignored());
        assertEquals(ours, LibxlConfig.of(ours).read().config());
    }

    @Test
    void theDevicesOfAStoredConfigurationAreRead() {
        LibxlConfig.Reading reading = recorded("pvh-devs").read();
        DomainConfig config = reading.config();
        assertEquals(List.of(), reading.ignored());
        assertEquals(
                List.of(
                        DiskConfig.builder("xvda").target("/tmp/d1.img").build(),
                        DiskConfig.builder("xvdb")
                                .target("/tmp/d2.img")
                                .readOnly()
                                .build()),
                config.disks());
        assertEquals(
                Optional.of(new MacAddress("00:16:3e:01:02:03")),
                config.nics().get(0).mac());
        NicConfig limited = XlConfigReader.nic("mac=00:16:3e:1d:84:3e,bridge=xenbr0,rate=10Mb/s@20ms,vifname=vifxx");
        assertEquals(limited.withType(NicConfig.Type.VIF), config.nics().get(1));
        assertEquals(LifecycleAction.PRESERVE, config.lifecycle().onCrash());
    }

    @Test
    void theMachineOfAStoredConfigurationIsRead() {
        LibxlConfig.Reading reading = recorded("hvm-rich").read();
        HvmConfig machine = reading.config().hvm().orElseThrow();
        assertEquals(KiB.ofMiB(128), reading.config().memory());
        assertEquals(KiB.ofMiB(160), reading.config().maxMemory());
        assertEquals(1, reading.config().vcpus());
        assertEquals(2, reading.config().maxVcpus());
        assertEquals(ViridianFeature.DEFAULTS, machine.viridian());
        assertEquals(List.of("pty"), machine.serial());
        assertEquals("cd", machine.boot());
        assertTrue(machine.has(HvmFeature.USB));
        assertEquals(List.of(UsbDevice.TABLET), machine.usbDevices());
        assertEquals(Vga.CIRRUS, machine.graphics().vga());
        assertTrue(machine.graphics().vnc().isPresent());
        assertEquals(DiskConfig.Device.CDROM, reading.config().disks().get(1).device());
        assertEquals("e1000", reading.config().nics().get(0).model());
    }

    @Test
    void listsOfViridianGroupsAndSerialPortsAreRead() {
        HvmConfig machine = recorded("hvm-rich2").read().config().hvm().orElseThrow();
        assertEquals(3, machine.viridian().size());
        assertTrue(machine.viridian().contains(ViridianFeature.TIME_REF_COUNT));
        assertEquals(List.of("pty", "file:/tmp/ser"), machine.serial());
        assertEquals(Optional.of("de"), machine.graphics().keymap());
    }

    @ParameterizedTest
    @CsvSource({"trixie-pvh,v", "hvm-32-saved,h1", "pvh-pod,pod", "chB-cd-insert,hvmx"})
    void filesOfOtherReleasesAndAtTheHeadOfASaveAreRead(String file, String name) {
        LibxlConfig config = recorded(file);
        assertEquals(Optional.of(name), config.name());
        assertEquals(name, config.read().config().name());
    }

    @Test
    void membersWithoutAnEquivalentAreReported() {
        LibxlConfig config = LibxlConfig.parse(
                """
                {"c_info": {"type": "pvh", "name": "a", "poolid": 1, "future": [1]},
                 "b_info": {"target_memkb": 65536, "kernel": "/k", "type.pvh": {"beyond": "True"}, "irqs": []},
                 "vdispls": [{"devid": 1}], "disks": [{"vdev": "xvda", "pdev_path": "/d", "beyond": "x"}]}
                """,
                "test");
        assertEquals(
                List.of("c_info.future", "b_info.type.pvh.beyond", "vdispls", "disks[0].beyond"),
                config.read().ignored());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"type\": \"vm\"}|{}|c_info.type: 'vm' is not supported",
                "{\"type\": \"pvh\"}|{\"target_memkb\": \"1\"}|b_info.target_memkb: not a whole number",
                "{\"type\": \"pvh\"}|{\"target_memkb\": -1}|b_info.target_memkb: -1 is not 0 … 4398046511104",
                "{\"type\": \"pvh\"}|{\"target_memkb\": 1e9}|b_info.target_memkb: not a whole number",
                "{\"type\": \"pvh\"}|{\"target_memkb\": 65536, \"avail_vcpus\": {}}|b_info.avail_vcpus: not a list",
                "{\"type\": \"pvh\", \"uuid\": \"x\"}|{}|c_info.uuid: 'x' is no UUID",
                "{\"type\": \"pvh\"}|{\"target_memkb\": 65536}|a PVH guest needs a kernel",
                "{\"type\": \"hvm\", \"passthrough\": \"foo\"}|{\"target_memkb\": 65536}|passthrough is enabled,",
                "{\"type\": \"hvm\"}|{\"target_memkb\": 65536, \"type.hvm\": {\"rdm\": {\"strategy\": \"host,foo\"}}}|rdm is ",
                "{\"type\": \"hvm\"}|{\"target_memkb\": 65536, \"type.hvm\": {\"gfx_passthru\": \"True\", \"gfx_passthru_kind\":"
                        + " \"foo\"}}|gfx_passthru is 1 or igd, not 'foo'",
                "{\"type\": \"hvm\"}|{\"target_memkb\": 65536, \"ioports\": [{\"first\": 4294967295, \"number\": 2}]}|"
                        + "a range is FIRST-LAST",
            })
    void aWrongValueIsRefusedByItsPath(String create, String build, String message) {
        String named = create.replace("}", ", \"name\": \"a\"}");
        ConfigException e = assertThrows(ConfigException.class, () -> LibxlConfig.parse(
                        "{\"c_info\": " + named + ", \"b_info\": " + build + "}", "test")
                .read());
        assertTrue(e.getMessage().startsWith("test: ") && e.getMessage().contains(message), e.getMessage());
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "1, 1024", "1025, 1049600", "2097152, 2147483648"})
    void theBoundaryOfReservedMemoryIsKib(long kib, long bytes) {
        LibxlConfig json = LibxlConfig.parse(
                "{\"c_info\": {\"type\": \"hvm\", \"name\": \"a\"}, \"b_info\": {\"target_memkb\": 65536,"
                        + " \"type.hvm\": {\"rdm_mem_boundary_memkb\": " + kib + "}}}",
                "test");
        DomainConfig config = json.read().config();
        assertEquals(bytes, config.deviceMemoryBoundary());
        assertEquals(config, LibxlConfig.of(config).read().config());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "[]", "{}", "1", "{\"c_info\": {}", "{'c_info': {}}", "[{\"config\": 1}]", "nonsense"})
    void aTextThatIsNoConfigurationIsRefused(String text) {
        assertThrows(ConfigException.class, () -> LibxlConfig.parse(text, "test"));
    }

    @Test
    void aLineOfJsonEndsAtANewlineOnly() {
        DomainConfig config = DomainConfig.builder("a")
                .kernel(Path.of("/k"))
                .commandLine("a []\u0085b{}\u2028c{}\rd")
                .memoryMib(64)
                .build();
        assertEquals(
                config,
                LibxlConfig.parse(LibxlConfig.of(config).text(), "test").read().config());
    }

    @Test
    void cardsWithoutANumberGetTheirPlaces() {
        LibxlConfig config = LibxlConfig.parse(
                """
                {"c_info": {"type": "pvh", "name": "a"}, "b_info": {"target_memkb": 65536, "kernel": "/k"},
                 "nics": [{"bridge": "a"}, {"bridge": "b"}, {"devid": -1, "bridge": "c"}]}
                """,
                "test");
        assertEquals(
                List.of("a", "b", "c"),
                IntStream.range(0, 3)
                        .mapToObj(devid ->
                                config.read().config().nic(devid).orElseThrow().bridge())
                        .toList());
        assertEquals(config, config.withoutNic(0));
    }

    @Test
    void aTextThatIsTooLongOrTooDeepIsRefused() {
        assertThrows(ConfigException.class, () -> LibxlConfig.parse(" ".repeat(LibxlConfig.LONGEST_TEXT + 1), "test"));
        assertThrows(ConfigException.class, () -> LibxlConfig.parse("[".repeat(100_000), "test"));
    }

    @Test
    void theWrittenTextHasLibxlsWords() {
        LibxlConfig recorded = recorded("pvh-devs");
        LibxlConfig written = LibxlConfig.of(recorded.read().config());
        // The flags for COLO stand only in the disks of xl's own files, and xl does not write a number of vCPUs that is
        // not in xl.cfg.
        String expected = recorded.text()
                .replaceAll(",\\s*\"colo_restore_enable\": \"False\"", "")
                .replaceFirst("(\"b_info\": \\{)(\\s*)", "$1$2\"max_vcpus\": 1,$2");
        assertEquals(expected, written.text());
    }

    /** One value in the form of another type makes libxl refuse the whole file. */
    @Test
    void eachKindOfChoiceHasItsOwnForm() {
        DiskConfig disk = DiskConfig.builder("xvdz")
                .target("/d")
                .directIoSafe()
                .noDiscard()
                .untrusted()
                .build();
        String text = recorded("pvh-pod").withDisk(disk).text();
        assertTrue(text.contains("\"readwrite\": 1,"), text);
        assertTrue(text.contains("\"direct_io_safe\": true,"), text);
        assertTrue(text.contains("\"discard_enable\": \"False\","), text);
        assertTrue(text.contains("\"trusted\": \"False\""), text);
    }

    @Test
    void attachingADeviceLeavesTheRestOfTheFile() {
        LibxlConfig before = recorded("pvh-devs");
        DiskConfig disk =
                DiskConfig.builder("xvdc").target("/tmp/d3.img").readOnly().build();
        NicConfig nic = XlConfigReader.nic("mac=00:16:3e:00:00:09,bridge=other");
        LibxlConfig after = before.withDisk(disk).withNic(2, nic, DomainType.PVH);
        assertEquals(3, after.read().config().disks().size());
        assertEquals("other", after.read().config().nics().get(2).bridge());
        assertEquals(before, after.withoutDisk(disk.vdev()).withoutNic(2));
        assertEquals(after, after.withDisk(disk));
        assertEquals(before, after.withDevices(vdev -> !vdev.equals(disk.vdev()), devid -> devid < 2));
    }

    @Test
    void aMediumChangesAsLibxlChangesIt() {
        VirtualDisk drive = new VirtualDisk("hdc");
        LibxlConfig ejected = recorded("chA-cd-eject");
        LibxlConfig inserted = recorded("chB-cd-insert");
        assertEquals(inserted, ejected.withMedium(drive, Optional.of("/tmp/d2.img")));
        assertEquals(ejected, inserted.withMedium(drive, Optional.empty()));
        assertEquals(ejected, ejected.withMedium(new VirtualDisk("hdd"), Optional.of("/tmp/d2.img")));
    }

    @Test
    void whatXenAndXenstoreHaveReplacesTheStoredValues() {
        UUID uuid = new UUID(1, 2);
        DomainConfig config = recorded("pvh-pod")
                .withPresent(new LibxlConfig.Present(
                        "renamed",
                        uuid,
                        Optional.of(KiB.ofMiB(160)),
                        Optional.of(KiB.ofMiB(192)),
                        OptionalInt.of(1),
                        Optional.of(Scheduler.CREDIT),
                        Optional.of(new CpuShare(512, 30))))
                .read()
                .config();
        assertEquals(1, config.vcpus());
        assertEquals(OptionalInt.of(512), config.placement().weight());
        assertEquals(OptionalInt.of(30), config.placement().cap());
        assertEquals("renamed", config.name());
        assertEquals(Optional.of(uuid), config.uuid());
        assertEquals(KiB.ofMiB(160), config.memory());
        assertEquals(KiB.ofMiB(192), config.maxMemory());
    }

    @Test
    void poolAffinitiesAndShareAreReadAndWritten() {
        CpuPlacement placement = new CpuPlacement(
                List.of(CpuList.parse("0-2"), CpuList.parse("1")),
                List.of(CpuList.parse("1,^1"), CpuList.parse("3")),
                OptionalInt.of(512),
                OptionalInt.of(150),
                Optional.of("p2"));
        DomainConfig config = recorded("pvh-pod").read().config().toBuilder()
                .maxVcpus(2)
                .placement(placement)
                .build();
        LibxlConfig written = LibxlConfig.of(config);
        assertTrue(written.text().contains("\"pool_name\": \"p2\""), written.text());
        CpuPlacement read =
                LibxlConfig.parse(written.text(), "test").read().config().placement();
        assertEquals(placement.hard(), read.hard());
        assertEquals(List.of(CpuList.parse("all"), CpuList.parse("3")), read.soft());
        assertEquals(placement.weight(), read.weight());
        assertEquals(placement.cap(), read.cap());
        assertEquals(placement.pool(), read.pool());
    }

    @Test
    void listsThatDependOnTheHostAreLeftOut() {
        DomainConfig config = recorded("pvh-pod").read().config().toBuilder()
                .placement(new CpuPlacement(
                        List.of(CpuList.parse("node:1")),
                        List.of(CpuList.parse("all")),
                        OptionalInt.empty(),
                        OptionalInt.empty(),
                        Optional.empty()))
                .build();
        assertTrue(!LibxlConfig.of(config).text().contains("affinity"));
    }

    @Test
    void aListingHasXlsForm() {
        LibxlConfig config = recorded("pvh-pod");
        String listing = LibxlConfig.listing(Map.of(7, config));
        assertTrue(listing.startsWith("[\n    {\n        \"domid\": 7,\n        \"config\": {\n"), listing);
        assertEquals(config, LibxlConfig.parse(listing, "listing"));
    }

    @Test
    void aKernelsPathStaysAbsolute() {
        DomainConfig config = recorded("a-pvh-pod-256-512").read().config();
        assertEquals(Optional.of(Path.of("/tmp/guest-vmlinux")), config.kernel());
        assertEquals("console=hvc0 quiet", config.commandLine());
    }

    @Test
    void passwordsAreNotInTheDescription() {
        String text = text("hvm-rich.json").replace("\"listen\": \"127.0.0.1\"", "\"passwd\": \"secret\"");
        LibxlConfig config = LibxlConfig.parse(text, "test");
        assertTrue(config.text().contains("secret"));
        assertTrue(!config.toString().contains("secret"));
    }
}
