// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.xenjava.toolstack.xenctrl.units.KiB;
import picocli.CommandLine.TypeConversionException;

class MemorySizeTest {
    @ParameterizedTest
    @CsvSource({
        "300, 307200",
        "300m, 307200",
        "300M, 307200",
        "1g, 1048576",
        "1G, 1048576",
        "2t, 2147483648",
        "262144k, 262144",
        "262144K, 262144",
        "4096b, 4",
        "4095B, 3",
        "0, 0",
        "0007, 7168"
    })
    void isReadAsXlReadsIt(String text, long kib) {
        assertEquals(KiB.of(kib), new MemorySize().convert(text));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "m",
                "-5",
                "+5",
                "3q",
                "3mb",
                "3 m",
                " 3",
                "0x10",
                "1.5g",
                "9000000000000000000",
                "99999999999t"
            })
    void isRefusedIfItIsNone(String text) {
        assertThrows(TypeConversionException.class, () -> new MemorySize().convert(text));
    }
}
