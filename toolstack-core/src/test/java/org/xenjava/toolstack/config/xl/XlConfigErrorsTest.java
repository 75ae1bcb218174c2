// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config.xl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.xenjava.toolstack.config.xl.XlSource.errors;
import static org.xenjava.toolstack.config.xl.XlSource.keys;
import static org.xenjava.toolstack.config.xl.XlSource.warnings;

import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.xenjava.toolstack.config.LifecycleAction;
import org.xenjava.toolstack.config.xl.XlKey.Guests;
import org.xenjava.toolstack.config.xl.XlKey.Status;
import org.xenjava.toolstack.error.ConfigException;

/** A file that is wrong is refused with every error and its line. */
class XlConfigErrorsTest {
    /** A PVH guest in one line, so that what a test adds is in line 2. */
    private static final String PVH = "name='x'; type='pvh'; kernel='/k'; memory=256\n";

    private static final String HVM = "name='x'; type='hvm'; memory=256\n";

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
            type='p'             | f:2: 'type' is "p", which is no kind of guest
            builder='generic'    | f:2: 'builder' contradicts 'type' of line 1
            channel=['name=a']   | f:2: 'channel' has "name=a": connection is pty or socket, not ''
            channel=['name=a,connection=socket'] | f:2: 'channel' has "name=a,connection=socket": a channel has a path if its connection is socket, and only then
            pci=['g:00.0']       | f:2: 'pci' has "g:00.0": 'g:00.0' is not the address of a PCI device, such as 00:1f.2
            usbdev=['hostbus=1'] | f:2: 'usbdev' has "hostbus=1": a USB device has hostbus and hostaddr
            vfb=['vnc=2']        | f:2: 'vfb' has "vnc=2": vnc is 0 or 1, not '2'
            p9=['x=1']           | f:2: 'p9' has "x=1": 'x' is no parameter of 'p9'
            builder='hvm'        | f:2: 'builder' contradicts 'type' of line 1
            kernel=''            | f:2: a PVH guest needs a kernel
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
    void missingKeysAreReportedForTheWholeFile() {
        assertEquals(
                """
                f: 'name' is missing
                f: 'memory' is missing: xl would give the guest 32 MiB
                f: a PV guest needs a kernel""",
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
                f:3: 'vdispl' is known but not supported yet: neither Linux nor QEMU has a back end for such devices
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
                        vdispl = [ 'backend=a',
                                   'backend=b' ]
                        memory = 256
                        vcpus = 1000
                        on_crash = 'panic'
                        """));
    }

    @Test
    void aKeyOnAWrongLineIsNotReportedAsMissing() {
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
    void aPvGuestNeedsAKernelOrABootLoader() {
        assertEquals("f: a PV guest needs a kernel", errors("name='x'; memory=64"));
        assertEquals("f:1: a PV guest needs a kernel", errors("name='x'; memory=64; type='pv'"));
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
            assertTimeout(Duration.ofMinutes(2), () -> {
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
    void aKeyThatOnlyHvmGuestsHaveHereIsRefusedInAPvhGuest() {
        List<XlKey> keys = keys(Status.SUPPORTED_IN_HVM).toList();
        assertEquals(2, keys.size());
        for (XlKey key : keys) {
            assertEquals(
                    "f:2: '" + key.name() + "' is known but not supported yet: " + key.reason(),
                    errors(PVH + key.name() + " = 'unwanted'"));
            key.harmless().ifPresent(value -> assertEquals("[]", warnings(PVH + key.name() + " = '" + value + "'")));
        }
    }

    @Test
    void aMessageQuotesNoControlCharacters() {
        assertEquals(
                "f:2: 'uuid' is not of the form xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx: \"\\u001b[31m\\u000a\"",
                errors(PVH + "uuid='\u001b[31m\\n'"));
    }
}
