// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config.xl;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class XlCpuidTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
            host,tm=0           | 0x1:edx=xx0xxxxxxxxxxxxxxxxxxxxxxxxxxxxx
            host,sse3=1,vmx=k   | 0x1:ecx=xxxxxxxxxxxxxxxxxxxxxxxxxxkxxxx1
            host,page1gb=x      | 0x80000001:edx=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
            host,avx2=0         | 0x7,0x0:ebx=xxxxxxxxxxxxxxxxxxxxxxxxxx0xxxxx
            host,xsavec=s       | 0xd,0x1:eax=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxsx
            host,stepping=0xa   | 0x1:eax=xxxxxxxxxxxxxxxxxxxxxxxxxxxx1010
            host,model=0x5e     | 0x1:eax=xxxxxxxxxxxx0101xxxxxxxx1110xxxx
            host,family=6       | 0x1:eax=xxxx00000000xxxxxxxx0110xxxxxxxx
            host,family=23      | 0x1:eax=xxxx00001000xxxxxxxx1111xxxxxxxx
            host,family=k       | 0x1:eax=xxxxkkkkkkkkxxxxxxxxkkkkxxxxxxxx
            host,nc=3           | 0x80000008:ecx=xxxxxxxxxxxxxxxxxxxxxxxx00000011
            """)
    void namedFeaturesBecomeBitsOfRegisters(String names, String registers) {
        assertEquals(List.of(registers), XlCpuid.write(XlCpuid.ofNames(names)));
    }

    @Test
    void registersAreReadAsTheyAreWritten() {
        List<String> texts = List.of("0x1:ecx=" + "x".repeat(31) + "1", "0xd,0x1:eax=" + "k".repeat(32));
        assertEquals(texts, XlCpuid.write(XlCpuid.ofRegisters(texts)));
        assertEquals(
                List.of("0x1:ebx=" + "0".repeat(32), "0x1:edx=" + "s".repeat(32)),
                XlCpuid.write(XlCpuid.ofRegisters(List.of("1:ebx=" + "0".repeat(32) + ", edx=" + "s".repeat(32)))));
    }

    @Test
    void theLaterEditOfARegisterReplacesTheEarlier() {
        assertEquals(
                List.of("0x1:eax=" + "1".repeat(32)),
                XlCpuid.write(XlCpuid.ofRegisters(List.of("1:eax=" + "0".repeat(32), "0x1:eax=" + "1".repeat(32)))));
    }
}
