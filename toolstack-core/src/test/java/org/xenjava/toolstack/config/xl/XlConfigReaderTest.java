// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config.xl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.xenjava.toolstack.config.ClockConfig;
import org.xenjava.toolstack.config.ClockConfig.Base;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.DomainConfig.Lifecycle;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.config.GraphicsConfig.Vnc;
import org.xenjava.toolstack.config.LifecycleAction;
import org.xenjava.toolstack.config.LimitsConfig;
import org.xenjava.toolstack.config.PagingConfig;
import org.xenjava.toolstack.config.PagingConfig.Mode;
import org.xenjava.toolstack.config.TscMode;
import org.xenjava.toolstack.config.xl.XlKey.Guests;
import org.xenjava.toolstack.config.xl.XlKey.Status;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.xenctrl.units.KiB;

/** What a file means, from its text to the configuration, the warnings and the errors. */
class XlConfigReaderTest {
    /** A PVH guest in one line, so that what a test adds is in line 2. */
    private static final String PVH = "name='x'; type='pvh'; kernel='/k'; memory=256\n";

    private static final String HVM = "name='x'; type='hvm'; memory=256\n";

    @Test
    void readsEveryKeyThatIsSupported() {
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
    void cmdlineWinsOverRootAndExtraAndSaysSo() {
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
    void theLastAssignmentWinsAndTheEarlierIsNotJudged() {
        XlConfigReader.Result result = XlConfigReader.parse(PVH + "vcpus='many'\nvcpus=2", "f");
        assertEquals(2, result.config().vcpus());
        assertEquals(
                "[f:3: 'vcpus' replaces its value of line 2]", result.warnings().toString());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
            name=''              | f:2: a domain's name has 1 … 255 characters: ''
            name='a/b'           | f:2: a domain's name has no '/' and no invisible characters: 'a/b'
            name='a\\tb'         | f:2: a domain's name has no '/' and no invisible characters: 'a\\u0009b'
            name='a\u202eb'       | f:2: a domain's name has no '/' and no invisible characters: 'a\\u202eb'
            name=12              | f:2: a domain's name is not a number, which would be a domid: '12'
            name=['x']           | f:2: 'name' is a list but should be a single value
            type='pv'            | f:2: 'type' is "pv", a PV guest, which is not supported
            type='p'             | f:2: 'type' is "p", which is no kind of guest
            builder='generic'    | f:2: 'builder' is "generic", a PV guest, which is not supported
            builder='hvm'        | f:2: 'builder' contradicts 'type' of line 1
            kernel=''            | f:2: the kernel's path is empty
            ramdisk=''           | f:2: the ramdisk's path is empty
            memory=0             | f:2: memory is 1 MiB … 16 TiB, not 0 MiB
            memory='-1'          | f:2: 'memory' is an amount of memory in MiB, not -1
            memory=16777217      | f:2: memory is 1 MiB … 16 TiB, not 16777217 MiB
            memory=0x7fffffffffffffff | f:2: 'memory' is an amount of memory in MiB, not 9223372036854775807
            memory=08            | f:2: 'memory' is "08", which is not a number
            memory+=1            | f:2: 'memory' is a number, to which += adds nothing
            memory=[256]         | f:2: 'memory' is a list but should be a single value
            maxmem=255           | f:2: maxmem (255 MiB) is less than memory (256 MiB)
            maxmem=16777217      | f:2: maxmem is 1 MiB … 16 TiB, not 16777217 MiB
            vcpus=0              | f:2: vcpus is 1 … 128, not 0
            vcpus=129            | f:2: vcpus is 1 … 128, not 129
            vcpus=4294967297     | f:2: 'vcpus' is 4294967297, which is far out of range
            vcpus=2;maxvcpus=1   | f:2: maxvcpus (1) is less than vcpus (2)
            maxvcpus=129         | f:2: maxvcpus is 1 … 128, not 129
            uuid='1-1-1-1-1'     | f:2: 'uuid' is not of the form xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx: "1-1-1-1-1"
            on_crash='explode'   | f:2: 'on_crash' is "explode", not one of destroy, restart, rename-restart, preserve, coredump-destroy, coredump-restart, soft-reset
            """)
    void aWrongValueIsReportedWithItsLine(String line, String error) {
        assertEquals(error, errors(PVH + line));
    }

    @Test
    void whatIsMissingIsReportedForTheWholeFile() {
        assertEquals(
                """
                f: 'type' is missing: write "pvh" or "hvm"; xl's default, "pv", is not supported
                f: 'name' is missing
                f: 'memory' is missing: xl would give the guest 32 MiB""",
                errors(""));
        assertEquals("f:1: a PVH guest needs a kernel", errors("name='x'; type='pvh'; memory=1"));
        assertEquals("f:2: a ramdisk has no effect without a kernel", errors(HVM + "ramdisk='r'"));
        assertEquals("f:2: a kernel command line has no effect without a kernel", errors(HVM + "extra='e'"));
    }

    @Test
    void allErrorsOfAFileAreReportedTogetherByLine() {
        assertEquals(
                """
                f: 'name' is missing
                f:1: 'nmae' is no key of xl.cfg; did you mean 'name'?
                f:3: 'vtpm' is known but not supported yet: such devices are not supported
                f:6: vcpus is 1 … 128, not 1000
                f:7: 'on_crash' is "panic", not one of %s"""
                        .formatted(String.join(
                                ", ",
                                Stream.of(LifecycleAction.values())
                                        .map(LifecycleAction::word)
                                        .toList())),
                errors(
                        """
                        nmae = 'x'
                        type = 'pvh'; kernel = '/k'
                        vtpm = [ 'backend=a',
                                 'backend=b' ]
                        memory = 256
                        vcpus = 1000
                        on_crash = 'panic'
                        """));
    }

    @Test
    void whatAWrongLineMayHaveSaidIsNotMissing() {
        assertEquals("f:1: expected a value for 'name', found 'x': text is quoted", errors("name = x\nvcpus = 1"));
    }

    @ParameterizedTest
    @CsvSource({
        "maxmen, maxmem",
        "memmory, memory",
        "vcpu, vcpus",
        "kernal, kernel",
        "on_power_off, on_poweroff",
        "nested_hvm, nestedhvm",
        "disks, disk"
    })
    void anUnknownKeyIsAnErrorWithASuggestion(String key, String meant) {
        assertEquals("f:2: '" + key + "' is no key of xl.cfg; did you mean '" + meant + "'?", errors(PVH + key + "=1"));
    }

    @Test
    void aKeyLikeNoOtherIsIgnoredWithAWarningAsXlDoes() {
        assertEquals(
                "[f:2: 'frobnicate' is ignored, as xl does: it is no key of xl.cfg]", warnings(PVH + "frobnicate=1"));
    }

    @Test
    void readsTimeLimitsAndPaging() {
        DomainConfig config = silent(PVH
                + "localtime=1; rtc_timeoffset='-90'; tsc_mode='native'\n"
                + "max_grant_frames=64; max_maptrack_frames=0; max_event_channels=2047\n"
                + "hap=0; shadow_memory=16");
        assertEquals(new ClockConfig(Base.LOCAL_TIME, -90, TscMode.NATIVE), config.clock());
        assertEquals(new LimitsConfig(OptionalInt.of(64), OptionalInt.of(0), 2047), config.limits());
        assertEquals(new PagingConfig(Mode.SHADOW, Optional.of(KiB.ofMiB(16))), config.paging());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
            max_grant_frames=0        | f:2: max_grant_frames is 1 or more, not 0
            max_event_channels=131072 | f:2: max_event_channels is 10 … 131071, not 131072
            tsc_mode=3                | f:2: 'tsc_mode' is "3", not one of default, always_emulate, native
            """)
    void aWrongLimitIsReportedWithItsLine(String line, String error) {
        assertEquals(error, errors(PVH + line));
    }

    @Test
    void everyKeyOfAnotherToolIsIgnoredWithOneWarning() {
        XlLeftovers.BY_ORIGIN.forEach((origin, keys) -> {
            for (String key : keys.split(" ")) {
                assertEquals(Optional.empty(), XlKeys.find(key), key);
                assertEquals(
                        "[f:2: '" + key + "' is ignored, as xl does: it is a key of " + origin + "]",
                        warnings(PVH + key + "=[ '1' ]"));
            }
        });
    }

    @Test
    void aBootLoaderIsIgnoredInAnHvmGuestAndRefusedInOthers() {
        assertEquals(
                "[f:2: 'bootloader' is ignored, as xl does: it does not concern HVM guests]",
                warnings(HVM + "bootloader='pygrub'"));
        assertEquals(
                "f:2: 'bootloader' is known but not supported yet: no boot loader is run; name a kernel",
                errors(PVH + "bootloader='pygrub'"));
    }

    @Test
    void aPvGuestIsOneErrorAndNotOneForEachOfItsKeys() {
        String missing = "f: 'type' is missing: write \"pvh\" or \"hvm\"; xl's default, \"pv\", is not supported";
        assertEquals(missing, errors("name='x'; memory=64; bootloader='pygrub'; acpi=0; root='/dev/xvda1'"));
        assertEquals(
                "f:1: 'type' is \"pv\", a PV guest, which is not supported",
                errors("name='x'; memory=64; type='pv'; kernel='k'; bootloader='pygrub'"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
            memory='512M'  | f:2: 'memory' is "512M", which is not a number: write 512, a number has no unit, and amounts of memory are in MiB
            maxmem='2 GiB' | f:2: 'maxmem' is "2 GiB", which is not a number: write 2048, a number has no unit, and amounts of memory are in MiB
            vcpus='2k'     | f:2: 'vcpus' is "2k", which is not a number: a number has no unit
            maxmem=1024MB  | f:2: '1024MB' is no number: a number has no unit, and amounts of memory are in MiB
            maxmem=1g      | f:2: '1g' is no number: a number has no unit, and amounts of memory are in MiB
            type='PVH'     | f:2: 'type' is "PVH", which is no kind of guest; did you mean "pvh"?
            type='hwm'     | f:2: 'type' is "hwm", which is no kind of guest; did you mean "hvm"?
            on_crash='Restart' | f:2: 'on_crash' is "Restart"; did you mean "restart"?
            """)
    void aValueThatIsAlmostRightSaysWhatToWrite(String line, String error) {
        assertEquals(error, errors(PVH + line));
    }

    @Test
    void aProblemThatOnlyFollowsFromAnotherIsNotReported() {
        assertEquals(
                "f:2: 'vga' is \"std\", not one of none, cirrus, stdvga, qxl",
                errors(HVM + "vga='std'; videoram=131072"));
        assertEquals(
                "f:2: 'memory' is \"x\", which is not a number", errors(HVM + "memory='x'; videoram=16; maxmem=1"));
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

    @ParameterizedTest
    @ValueSource(
            strings = {
                "name='%s'",
                "%s=1",
                "memory='%s'",
                "memory=%s",
                "disk=['%s']",
                "vif=['%s']",
                "type='%s'",
                "on_crash='%s'",
                "%s",
                "uuid='%s'",
                "kernel='%s'; ramdisk",
                "x='%s"
            })
    void aWordOfAMegabyteGivesAShortMessageInLinearTime(String line) {
        for (String letter : List.of("a", "7", "é", "\u001b")) {
            String text = PVH + line.formatted(letter.repeat(1 << 20));
            assertTimeout(Duration.ofSeconds(20), () -> {
                try {
                    XlConfigReader.parse(text, "f")
                            .warnings()
                            .forEach(warning -> assertTrue(warning.toString().length() < 500));
                } catch (ConfigException e) {
                    assertTrue(
                            e.getMessage().length() < 1000,
                            () -> "" + e.getMessage().length());
                }
            });
        }
    }

    static Stream<String> keysThatAreIgnored() {
        return keys(Status.IGNORED).map(XlKey::name);
    }

    @ParameterizedTest
    @MethodSource("keysThatAreIgnored")
    void anIgnoredKeyIsAWarning(String key) {
        String reason = XlKeys.find(key).orElseThrow().reason();
        assertEquals("[f:2: '" + key + "' is ignored: " + reason + "]", warnings(HVM + key + "='x'"));
    }

    static Stream<String> keysThatAreRefused() {
        return keys(Status.REFUSED)
                .filter(key -> key.guests() != Guests.NOT_HVM)
                .map(XlKey::name);
    }

    @ParameterizedTest
    @MethodSource("keysThatAreRefused")
    void aRefusedKeyIsAnError(String key) {
        String reason = XlKeys.find(key).orElseThrow().reason();
        assertEquals(
                "f:2: '" + key + "' is known but not supported yet: " + reason, errors(HVM + key + " = 'unwanted'"));
    }

    @Test
    void anEmptyListAsksForNothing() {
        keys(Status.REFUSED)
                .filter(key -> key.kind().isList())
                .map(XlKey::name)
                .forEach(key -> assertEquals("[]", warnings(HVM + key + " = [ ]")));
    }

    @Test
    void theValueThatEveryGuestHasAnywayAsksForNothing() {
        List<XlKey> keys =
                keys(Status.REFUSED).filter(key -> key.harmless().isPresent()).toList();
        assertTrue(keys.size() > 20);
        for (XlKey key : keys) {
            assertEquals(
                    "[]", warnings(HVM + key.name() + " = '" + key.harmless().orElseThrow() + "'"));
        }
    }

    @Test
    void truthIsAnyNumberButZero() {
        assertEquals("[]", warnings(PVH + "vpmu=0x0"));
        assertEquals(Mode.HARDWARE_ASSISTED, silent(PVH + "hap=0x7").paging().mode());
        assertEquals(Mode.SHADOW, silent(PVH + "hap=00").paging().mode());
        assertEquals("f:2: 'hap' is \"yes\", which is not a number", errors(PVH + "hap='yes'"));
        for (String value : List.of("00x", "1", "'yes'", "[]")) {
            assertTrue(errors(PVH + "vpmu=" + value).startsWith("f:2: "), value);
        }
    }

    @Test
    void aKeyOfHvmGuestsIsIgnoredInAPvhGuestAsXlDoes() {
        List<XlKey> keys = XlKeys.all().stream()
                .filter(key -> key.guests() == Guests.HVM && key.status() != Status.IGNORED)
                .toList();
        assertTrue(keys.size() > 40);
        for (XlKey key : keys) {
            assertEquals(
                    "[f:2: '" + key.name() + "' is ignored, as xl does: it concerns HVM guests]",
                    warnings(PVH + key.name() + " = 17"));
        }
    }

    @Test
    void aKeyThatOnlyHvmGuestsHaveHereIsRefusedInAPvhGuest() {
        List<XlKey> keys = keys(Status.SUPPORTED_IN_HVM).toList();
        assertTrue(keys.size() > 5);
        for (XlKey key : keys) {
            assertEquals(
                    "f:2: '" + key.name() + "' is known but not supported yet: " + key.reason(),
                    errors(PVH + key.name() + " = 'unwanted'"));
            key.harmless().ifPresent(value -> assertEquals("[]", warnings(PVH + key.name() + " = '" + value + "'")));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "vnuma=[['pnode=0']]",
                "altp2m='external'",
                "altp2mhvm=1",
                "pci=['3:0.0']",
                "dtdev=['x']",
                "passthrough='enabled'"
            })
    void whatExcludesPopulateOnDemandSaysSoIfTheGuestIsToBePopulatedOnDemand(String line) {
        String also = "; and a guest with it cannot be populated on demand: maxmem must be memory";
        String error = errors(HVM + line);
        assertFalse(error.endsWith(also), error);
        assertEquals(error + also, errors(HVM + line + "; maxmem=512"));
        assertEquals(error, errors(HVM + line + "; maxmem=256"));
    }

    @Test
    void aMessageQuotesNoControlCharacters() {
        assertEquals(
                "f:2: 'uuid' is not of the form xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx: \"\\u001b[31m\\u000a\"",
                errors(PVH + "uuid='\u001b[31m\\n'"));
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

    private static Stream<XlKey> keys(Status status) {
        Collection<XlKey> all = XlKeys.all();
        return all.stream().filter(key -> key.status() == status);
    }

    private static DomainConfig silent(String source) {
        XlConfigReader.Result result = XlConfigReader.parse(source, "f");
        assertEquals(List.of(), result.warnings());
        return result.config();
    }

    private static String warnings(String source) {
        return XlConfigReader.parse(source, "f").warnings().toString();
    }

    private static String errors(String source) {
        return assertThrows(ConfigException.class, () -> XlConfigReader.parse(source, "f"))
                .getMessage();
    }
}
