// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config.xl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.xenjava.toolstack.config.xl.XlSource.errors;
import static org.xenjava.toolstack.config.xl.XlSource.silent;
import static org.xenjava.toolstack.config.xl.XlSource.warnings;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.xenjava.toolstack.config.ClockConfig;
import org.xenjava.toolstack.config.ClockConfig.Base;
import org.xenjava.toolstack.config.ClockConfig.TimerMode;
import org.xenjava.toolstack.config.ClockConfig.TscMode;
import org.xenjava.toolstack.config.Confinement;
import org.xenjava.toolstack.config.DescribedKey;
import org.xenjava.toolstack.config.DeviceModel;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.DomainConfig.BootLoader;
import org.xenjava.toolstack.config.DomainConfig.Lifecycle;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.config.GraphicsConfig.Vnc;
import org.xenjava.toolstack.config.GuestOption;
import org.xenjava.toolstack.config.LifecycleAction;
import org.xenjava.toolstack.config.LimitsConfig;
import org.xenjava.toolstack.config.PagingConfig;
import org.xenjava.toolstack.config.PagingConfig.Mode;
import org.xenjava.toolstack.config.libxl.LibxlConfig;
import org.xenjava.toolstack.create.CreatePlan;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.memory.PodPolicy;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.xenctrl.units.KiB;

/** The meaning of a file, from its text to the configuration, the warnings and the errors. */
class XlConfigReaderTest {
    /** A PVH guest in one line, so that what a test adds is in line 2. */
    private static final String PVH = "name='x'; type='pvh'; kernel='/k'; memory=256\n";

    private static final String HVM = "name='x'; type='hvm'; memory=256\n";

    @Test
    void theReaderReadsEverySupportedKey() {
        DomainConfig config = silent(
                """
                name = "guest"
                type = "pvh"
                kernel = "/boot/vmlinuz"
                ramdisk = "initrd.img"
                cmdline = "console=hvc0 quiet"
                memory = 256
                maxmem = 512
                vcpus = 2
                maxvcpus = 4
                uuid = "ed1f72a6-4b8e-4cb0-9e0d-0C1C2D3E4F50"
                on_poweroff = "preserve"
                on_reboot = "soft-reset"
                on_crash = "coredump-destroy"
                """);
        assertEquals("guest", config.name());
        assertEquals(DomainType.PVH, config.type());
        assertEquals(Optional.of(Path.of("/boot/vmlinuz")), config.kernel());
        assertEquals(Optional.of(Path.of("initrd.img")), config.ramdisk());
        assertEquals("console=hvc0 quiet", config.commandLine());
        assertEquals(KiB.ofMiB(256), config.memory());
        assertEquals(KiB.ofMiB(512), config.maxMemory());
        assertEquals(2, config.vcpus());
        assertEquals(4, config.maxVcpus());
        assertEquals(Optional.of(UUID.fromString("ed1f72a6-4b8e-4cb0-9e0d-0c1c2d3e4f50")), config.uuid());
        assertEquals(
                new Lifecycle(LifecycleAction.PRESERVE, LifecycleAction.SOFT_RESET, LifecycleAction.COREDUMP_DESTROY),
                config.lifecycle());
    }

    @Test
    void aFileWithoutATypeIsThatOfAPvGuestAndHasABootLoader() {
        String text = "name='x'; memory=64; maxmem=128; e820_host=1; bootloader='pygrub'; ";
        DomainConfig config = XlConfigReader.parse(text + "bootloader_args='-q  --offset=1'; root='/dev/xvda1'", "f")
                .config();
        assertEquals(DomainType.PV, config.type());
        assertEquals(Optional.of(new BootLoader("pygrub", List.of("-q", "--offset=1"))), config.bootLoader());
        assertEquals("root=/dev/xvda1", config.commandLine());
        assertEquals(Set.of(GuestOption.E820_HOST), config.options());
        assertFalse(config.populateOnDemand());
        assertEquals(config, LibxlConfig.of(config).read().config());
        assertEquals(config, silent(XlConfigWriter.write(config)));
        assertEquals(
                "[f:1: 'builder' is deprecated: write type = \"pv\"]",
                warnings("name='x'; memory=64; kernel='k'; builder='generic'"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
            channel | name=a,connection=pty                             | name=a,connection=pty
            channel | path=/s , name=a, connection=socket               | name=a,connection=socket,path=/s
            vfb     | type=vnc,vnc=1,vncunused=0,keymap=de              | vnc=1,vncunused=0,keymap=de
            p9      | tag=t,path=/srv,security_model=none               | tag=t,path=/srv,security_model=none
            pci     | 1:1A.1@5,permissive=1,msitranslate=0              | 0000:01:1a.1@05,permissive=1
            usbctrl | type=qusb,version=2,ports=6                       | type=qusb,version=2,ports=6
            usbdev  | type=hostdev,hostbus=1,hostaddr=3,controller=0    | hostbus=1,hostaddr=3,controller=0
            vkb     | backend-type=linux,unique-id=k,feature-raw-pointer=1,width=8 | backend-type=linux,unique-id=k,feature-raw-pointer=1,width=8
            vtpm    | backend=store,uuid=1                              | backend=store,uuid=1
            pvcalls | backend=store                                     | backend=store
            irqs    | 5                                                 | 5
            ioports | 02F8-2ff                                          | 2f8-2ff
            ioports | 3f8                                               | 3f8-3f8
            iomem   | fe010,2@100                                       | fe010,2@100
            dtdev   | /soc/Eth                                          | /soc/Eth
            """)
    void anotherDeviceIsReadAndWrittenAndRefusedIfItCannotBeBuilt(String key, String text, String written) {
        DomainConfig config = silent(PVH + key + "=['" + text + "']");
        assertEquals(key, config.otherDevices().get(0).kind().key());
        String file = XlConfigWriter.write(config);
        assertTrue(file.contains("\"" + written + "\""), file);
        assertEquals(config, silent(file));
        LibxlConfig.Reading reading = LibxlConfig.of(config).read();
        assertEquals(config.otherDevices(), reading.config().otherDevices());
        assertEquals(List.of(), reading.ignored());
        config.otherDevices()
                .get(0)
                .kind()
                .obstacle()
                .ifPresent(reason ->
                        assertEquals("domain x: '" + key + "' cannot be built yet: " + reason, refusal(config)));
    }

    @ParameterizedTest
    @CsvSource({"acpi, 0", "passthrough, share_pt", "pvshim, 1", "device_model_stubdomain_override, 1"})
    void aRareKeyIsReadAndWrittenAndRefusedIfItCannotBeCarriedOut(String key, String value) {
        DomainConfig config = silent(PVH + key + "='" + value + "'");
        DescribedKey described = DescribedKey.valueOf(key.toUpperCase(Locale.ROOT));
        assertEquals(Map.of(described, value), config.describedKeys());
        assertEquals(config, silent(XlConfigWriter.write(config)));
        LibxlConfig.Reading reading = LibxlConfig.of(config).read();
        assertEquals(config.describedKeys(), reading.config().describedKeys());
        assertEquals(List.of(), reading.ignored());
        described
                .obstacle()
                .ifPresent(reason ->
                        assertEquals("domain x: '" + key + "' cannot be carried out yet: " + reason, refusal(config)));
    }

    @Test
    void theBoundaryOfReservedMemoryMayBeZero() {
        DomainConfig config = silent(PVH.replace("pvh", "hvm") + "rdm_mem_boundary=0");
        assertEquals(0, config.deviceMemoryBoundary());
        assertEquals(config, silent(XlConfigWriter.write(config)));
        assertEquals(config, LibxlConfig.of(config).read().config());
        assertEquals(2L << 30, silent(PVH.replace("pvh", "hvm")).deviceMemoryBoundary());
    }

    @Test
    void aGuestHasALabelAndMayHaveAnotherOneBefore() {
        for (String line :
                List.of("seclabel='a:b:c'", "init_seclabel='a:b:c'", "seclabel='a:b:c'; init_seclabel='i'")) {
            DomainConfig config = silent(PVH + line);
            assertEquals(Optional.of("a:b:c"), config.label(), line);
            assertEquals(line.contains(";"), config.describedKeys().containsKey(DescribedKey.INIT_SECLABEL), line);
            assertEquals(config, silent(XlConfigWriter.write(config)), line);
            assertEquals(config, LibxlConfig.of(config).read().config(), line);
        }
        assertEquals(Optional.empty(), silent(PVH + "seclabel=''").label());
    }

    @Test
    void aValueThatChangesNothingIsNotDescribed() {
        for (String line : List.of("passthrough='disabled'", "passthrough='Default'", "acpi=1", "pvshim=0")) {
            assertEquals(Map.of(), silent(PVH + line).describedKeys(), line);
        }
    }

    @Test
    void aDeviceThatAnotherDomainServesIsReadAndWritten() {
        DomainConfig config = silent(PVH + "disk=['/a,raw,xvda,w,backend=store']; vif=['backend=net']");
        assertEquals(Optional.of("store"), config.disks().get(0).backendDomain());
        assertEquals(Optional.of("net"), config.nics().get(0).backendDomain());
        assertEquals(config, silent(XlConfigWriter.write(config)));
    }

    @Test
    void aPvhGuestHasATimerModeAndAQemu() {
        DomainConfig config = silent(PVH + "timer_mode='one_missed_tick_pending'; device_model_args=['-a'];"
                + " device_model_args_pv=['-b']; dm_restrict=1; device_model_user='qemu'");
        assertEquals(TimerMode.ONE_MISSED_TICK_PENDING, config.clock().timerMode());
        assertEquals(
                new DeviceModel(
                        Optional.empty(), List.of("-a", "-b"), Optional.of(Confinement.REQUIRED), Optional.of("qemu")),
                config.deviceModel());
        assertEquals(config, silent(XlConfigWriter.write(config)));
        assertEquals(config, LibxlConfig.of(config).read().config());
    }

    @Test
    void aPvGuestWithVncHasAScreen() {
        String pv = "name='x'; type='pv'; kernel='k'; memory=64\n";
        assertEquals(
                silent(pv + "vfb=['vnc=1,vnclisten=127.0.0.1:5,vncunused=0']"),
                silent(pv + "vnc=1; vnclisten='127.0.0.1:5'; vncunused=0"));
        assertEquals(List.of(), silent(pv + "vnc=0").otherDevices());
        assertEquals("f:2: 'timer_mode' is not for PV guests; xl refuses it too", errors(pv + "timer_mode=1"));
    }

    private static String refusal(DomainConfig config) {
        return assertThrows(
                        ConfigException.class,
                        () -> CreatePlan.of(
                                config,
                                PodPolicy.standard(),
                                SimulatedXen.create().host().firmware()))
                .getMessage();
    }

    @Test
    void aPciDeviceIsWrittenAsXlWritesIt() {
        DomainConfig config = silent("name='x'; memory=64; type='pv'; kernel='k'; pci=['02:00.1@5,permissive=1']");
        assertEquals(Set.of(GuestOption.E820_HOST), config.options());
        String json = LibxlConfig.of(config).text().replaceAll("\\s", "");
        assertTrue(json.contains("[{\"vfunc_mask\":1,\"func\":1,\"bus\":2,\"vdevfn\":40,\"permissive\":true}]"), json);
    }

    @Test
    void aKeyOfOtherGuestsIsIgnoredWithAWarning() {
        assertEquals("[f:2: 'e820_host' is ignored, as xl does: it concerns PV guests]", warnings(PVH + "e820_host=1"));
    }

    @Test
    void aKeyThatIsNotSetHasXlsDefault() {
        DomainConfig config = silent(PVH);
        assertEquals(
                DomainConfig.builder("x").kernel(Path.of("/k")).memoryMib(256).build(), config);
        assertEquals(config.memory(), config.maxMemory());
        assertEquals(1, config.vcpus());
        assertEquals(1, config.maxVcpus());
        assertEquals(Lifecycle.DEFAULT, config.lifecycle());
        assertEquals(Optional.empty(), config.uuid());
    }

    @Test
    void numbersMayBeQuotedHexadecimalOrOctal() {
        DomainConfig config = silent("name='x'; type='pvh'; kernel='/k'; memory='0x100'; maxmem=01000; vcpus=' 2'");
        assertEquals(KiB.ofMiB(256), config.memory());
        assertEquals(KiB.ofMiB(512), config.maxMemory());
        assertEquals(2, config.vcpus());
    }

    @Test
    void maxmemAloneIsTheMemoryToo() {
        DomainConfig config = silent("name='x'; type='pvh'; kernel='/k'; maxmem=512");
        assertEquals(KiB.ofMiB(512), config.memory());
        assertEquals(KiB.ofMiB(512), config.maxMemory());
    }

    @Test
    void maxvcpusAloneLeavesOneVcpuOnline() {
        DomainConfig config = silent(PVH + "maxvcpus=4");
        assertEquals(1, config.vcpus());
        assertEquals(4, config.maxVcpus());
    }

    @Test
    void vcpusAloneIsMaxvcpusToo() {
        assertEquals(3, silent(PVH + "vcpus=3").maxVcpus());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
            extra='quiet'                    | quiet
            root='/dev/xvda'                 | root=/dev/xvda
            root='/dev/xvda'; extra='quiet'  | root=/dev/xvda quiet
            root=''; extra='quiet'           | root= quiet
            cmdline='one'                    | one
            extra='a'; extra+=' b'           | a b
            """)
    void theCommandLineIsMadeAsXlMakesIt(String line, String commandLine) {
        assertEquals(commandLine, silent(PVH + line).commandLine());
    }

    @Test
    void cmdlineWinsOverRootAndExtraWithAWarning() {
        XlConfigReader.Result result = XlConfigReader.parse(PVH + "root='r'\ncmdline=''\nextra='e'", "f");
        assertEquals("", result.config().commandLine());
        assertEquals(
                "[f:3: 'cmdline' is set, therefore 'root' and 'extra' are ignored]",
                result.warnings().toString());
    }

    @ParameterizedTest
    @EnumSource(LifecycleAction.class)
    void everyActionOfXlIsUnderstood(LifecycleAction action) {
        Lifecycle lifecycle = silent(
                        PVH + "on_poweroff='%1$s'; on_reboot='%1$s'; on_crash='%1$s'".formatted(action.word()))
                .lifecycle();
        assertEquals(new Lifecycle(action, action, action), lifecycle);
    }

    @Test
    void builderIsTheOldWordForHvm() {
        XlConfigReader.Result result = XlConfigReader.parse("name='x'; memory=64; builder='hvm'", "f");
        assertEquals(DomainType.HVM, result.config().type());
        assertEquals(
                "[f:1: 'builder' is deprecated: write type = \"hvm\"]",
                result.warnings().toString());
    }

    @Test
    void theLastAssignmentWinsAndEarlierOnesAreNotChecked() {
        XlConfigReader.Result result = XlConfigReader.parse(PVH + "vcpus='many'\nvcpus=2", "f");
        assertEquals(2, result.config().vcpus());
        assertEquals(
                "[f:3: 'vcpus' replaces its value of line 2]", result.warnings().toString());
    }

    @Test
    void theReaderReadsTimeLimitsAndPaging() {
        DomainConfig config = silent(PVH
                + "localtime=1; rtc_timeoffset='-90'; tsc_mode='native'\n"
                + "max_grant_frames=64; max_maptrack_frames=0; max_event_channels=2047\n"
                + "hap=0; shadow_memory=16");
        assertEquals(new ClockConfig(Base.LOCAL_TIME, -90, TscMode.NATIVE), config.clock());
        assertEquals(new LimitsConfig(OptionalInt.of(64), OptionalInt.of(0), 2047), config.limits());
        assertEquals(new PagingConfig(Mode.SHADOW, Optional.of(KiB.ofMiB(16))), config.paging());
    }

    @Test
    void anEmptyVncAddressIsTheDefaultWithAWarning() {
        XlConfigReader.Result result = XlConfigReader.parse(HVM + "vnclisten=''; vncpasswd=''", "f");
        assertEquals(
                "[f:2: 'vnclisten' is empty: VNC listens on its default address, 127.0.0.1]",
                result.warnings().toString());
        assertEquals(
                Optional.of(Vnc.DEFAULT),
                result.config().hvm().orElseThrow().graphics().vnc());
    }

    @Test
    void truthIsAnyNumberButZero() {
        assertEquals("[]", warnings(PVH + "trap_unmapped_accesses=0x0"));
        assertEquals(Mode.HARDWARE_ASSISTED, silent(PVH + "hap=0x7").paging().mode());
        assertEquals(Mode.SHADOW, silent(PVH + "hap=00").paging().mode());
        assertEquals("f:2: 'hap' is \"yes\", which is not a number", errors(PVH + "hap='yes'"));
        for (String value : List.of("00x", "1", "'yes'", "[]")) {
            assertTrue(errors(PVH + "trap_unmapped_accesses=" + value).startsWith("f:2: "), value);
        }
    }

    @Test
    void aFileIsReadInUtf8AndNamedInMessages(@TempDir Path directory) throws IOException {
        Path file = directory.resolve("g.cfg");
        Files.writeString(file, PVH.replace("'x'", "'gäst'") + "oos=1");
        XlConfigReader.Result result = XlConfigReader.read(file);
        assertEquals("gäst", result.config().name());
        assertEquals(
                file + ":2: 'oos' is ignored: the key tunes shadow paging",
                result.warnings().get(0).toString());
    }

    @Test
    void linesThatOverrideAFileAreReadBehindIt(@TempDir Path directory) throws IOException {
        Path file = Files.writeString(directory.resolve("guest.cfg"), PVH);
        XlConfigReader.Result result = XlConfigReader.read(file, List.of("memory=64; maxmem=128", "name='y'"));
        assertEquals("y", result.config().name());
        assertEquals(KiB.ofMiB(64), result.config().memory());
        assertEquals(KiB.ofMiB(128), result.config().maxMemory());
    }

    @ParameterizedTest
    @ValueSource(strings = {"# gäst\n", "# ä"})
    void aFileInAnotherEncodingIsRefused(String text, @TempDir Path directory) throws IOException {
        Path file = directory.resolve("g.cfg");
        Files.write(file, ("\n" + text).getBytes(StandardCharsets.ISO_8859_1));
        ConfigException e = assertThrows(ConfigException.class, () -> XlConfigReader.read(file));
        assertEquals(file + ":2: the file is not in UTF-8 here", e.getMessage());
    }

    @Test
    void aFileThatCannotBeReadIsAConfigException(@TempDir Path directory) {
        Path missing = directory.resolve("missing.cfg");
        ConfigException e = assertThrows(ConfigException.class, () -> XlConfigReader.read(missing));
        assertEquals(missing + ": no such file", e.getMessage());
        e = assertThrows(ConfigException.class, () -> XlConfigReader.read(directory));
        assertTrue(e.getMessage().startsWith(directory + ": cannot be read: "), e.getMessage());
    }
}
