// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
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
        StartInfo info = new StartInfo("console=hvc0 root=/dev/xvda", 1, 0xFC00_0000L, MAP);

        byte[] blob = info.at(BASE, List.of(new StartInfo.Module(0x500_0000, 12345)));

        DecodedStartInfo seen = new DecodedStartInfo(blob, BASE);
        assertEquals(info.size(), blob.length);
        assertEquals("console=hvc0 root=/dev/xvda", seen.commandLine());
        assertEquals(List.of(new StartInfo.Module(0x500_0000, 12345)), seen.modules());
        assertEquals(0xFC00_0000L, seen.rsdp());
        assertEquals(MAP, seen.memoryMap());
    }

    @Test
    void withoutModulesThereIsNoListOfThem() {
        byte[] blob = new StartInfo("", 0, 0, MAP).at(BASE, List.of());

        DecodedStartInfo seen = new DecodedStartInfo(blob, BASE);
        assertEquals(0, seen.modulesAddress());
        assertEquals("", seen.commandLine());
        assertEquals(MAP, seen.memoryMap());
    }

    @Test
    void listsAreAlignedWhateverTheLengthOfTheCommandLine() {
        for (int length = 0; length < 32; length++) {
            byte[] blob = new StartInfo("x".repeat(length), 1, 0, MAP).at(BASE, List.of(new StartInfo.Module(1, 1)));

            DecodedStartInfo seen = new DecodedStartInfo(blob, BASE);
            assertEquals("x".repeat(length), seen.commandLine());
            assertEquals(0, seen.modulesAddress() % 8);
            assertEquals(MAP, seen.memoryMap());
        }
    }

    @Test
    void commandLinesArePassedOnAsUtf8() {
        byte[] blob = new StartInfo("name=Grün", 0, 0, MAP).at(BASE, List.of());

        assertEquals("name=Grün", new DecodedStartInfo(blob, BASE).commandLine());
    }

    @Test
    void aLongCommandLineIsTheGuestsBusinessAndAnAbsurdOneIsRefused() {
        String longest = "x".repeat(StartInfo.MAX_COMMAND_LINE_BYTES);
        assertEquals(
                longest,
                new DecodedStartInfo(new StartInfo(longest, 0, 0, MAP).at(BASE, List.of()), BASE).commandLine());

        assertThrows(ConfigException.class, () -> new StartInfo(longest + "x", 0, 0, MAP));
    }

    @Test
    void aCommandLineThatTheGuestWouldSeeCutIsRefused() {
        assertThrows(ConfigException.class, () -> new StartInfo("quiet\0root=/dev/xvda", 0, 0, MAP));
    }
}
