// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.xenctrl.MemoryMapEntry;
import org.xenjava.toolstack.xenctrl.MemoryMapEntry.Type;

class StartInfoTest {
    private static final long BASE = 0x4a0_0000;
    private static final List<MemoryMapEntry> MAP =
            List.of(new MemoryMapEntry(0, 1 << 28, Type.RAM), new MemoryMapEntry(0xFEFF_8000L, 0x8000, Type.RESERVED));

    @Test
    void aGuestFindsEverythingAtTheAddressesGiven() {
        StartInfo info = startInfo("console=hvc0 root=/dev/xvda", 12345);

        byte[] blob = info.at(BASE, 0x500_0000);

        DecodedStartInfo seen = new DecodedStartInfo(blob, BASE);
        assertEquals(info.size(), blob.length);
        assertEquals("console=hvc0 root=/dev/xvda", seen.commandLine());
        assertEquals(List.of(new DecodedStartInfo.Module(0x500_0000, 12345, "")), seen.modules());
        assertEquals(0xFC00_0000L, seen.rsdp());
        assertEquals(MAP, seen.memoryMap());
    }

    @Test
    void withoutModulesThereIsNoListOfThem() {
        byte[] blob = startInfo("").at(BASE);

        DecodedStartInfo seen = new DecodedStartInfo(blob, BASE);
        assertEquals(0, seen.modulesAddress());
        assertEquals("", seen.commandLine());
        assertEquals(MAP, seen.memoryMap());
    }

    @Test
    void listsAreAlignedWhateverTheLengthOfTheCommandLine() {
        for (int length = 0; length < 32; length++) {
            byte[] blob = startInfo("x".repeat(length), 1).at(BASE, 1);

            DecodedStartInfo seen = new DecodedStartInfo(blob, BASE);
            assertEquals("x".repeat(length), seen.commandLine());
            assertEquals(0, seen.modulesAddress() % 8);
            assertEquals(MAP, seen.memoryMap());
        }
    }

    @Test
    void commandLinesArePassedOnAsUtf8() {
        byte[] blob = startInfo("name=Grün").at(BASE);

        assertEquals("name=Grün", new DecodedStartInfo(blob, BASE).commandLine());
    }

    @Test
    void aLongCommandLineIsAcceptedAndOneAboveTheLimitIsRefused() {
        String longest = "x".repeat(StartInfo.MAX_COMMAND_LINE_BYTES);
        assertEquals(longest, new DecodedStartInfo(startInfo(longest).at(BASE), BASE).commandLine());

        assertThrows(ConfigException.class, () -> startInfo(longest + "x"));
    }

    @Test
    void aCommandLineWithANulIsRefused() {
        assertThrows(ConfigException.class, () -> startInfo("quiet\0root=/dev/xvda"));
    }

    @Test
    void aModuleIsFoundByItsOwnCommandLine() {
        List<StartInfo.Module> modules = List.of(
                new StartInfo.Module("", 1), new StartInfo.Module("firmware", 2), new StartInfo.Module("ipxe", 3));
        StartInfo info = new StartInfo(Optional.empty(), modules, 0, MAP);

        byte[] blob = info.at(BASE, 0x1000, 0x2000, 0x3000);

        DecodedStartInfo seen = new DecodedStartInfo(blob, BASE);
        assertEquals(info.size(), blob.length);
        assertFalse(seen.hasCommandLine());
        assertEquals(
                List.of(
                        new DecodedStartInfo.Module(0x1000, 1, ""),
                        new DecodedStartInfo.Module(0x2000, 2, "firmware"),
                        new DecodedStartInfo.Module(0x3000, 3, "ipxe")),
                seen.modules());
        assertEquals(MAP, seen.memoryMap());
    }

    /** With modules of those lengths, which have no command lines. */
    private static StartInfo startInfo(String commandLine, long... modules) {
        List<StartInfo.Module> list = LongStream.of(modules)
                .mapToObj(bytes -> new StartInfo.Module("", bytes))
                .toList();
        return new StartInfo(Optional.of(commandLine), list, 0xFC00_0000L, MAP);
    }
}
