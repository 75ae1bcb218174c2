// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config.xl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.processor.VirtualNode;
import org.xenjava.toolstack.xenctrl.units.CpuSet;
import org.xenjava.toolstack.xenctrl.units.KiB;

/** The key {@code vnuma}. */
class XlVirtualNodesTest {
    private static XlConfigReader.Result parse(String... lines) {
        return XlConfigReader.parse("name='g'\ntype='pvh'\nkernel='/k'\n" + String.join("\n", lines), "guest.cfg");
    }

    private static DomainConfig read(String... lines) {
        return parse(lines).config();
    }

    private static final String TWO =
            "vnuma = [ [ 'pnode=1', ' size = 512 ', 'vcpus=0-1,4', 'vdistances=10,20' ], [ 'vcpus=2-3', 'size=256' ] ]";

    @Test
    void memoryAndVcpusAreThoseOfTheNodes() {
        DomainConfig guest = read(TWO);
        assertEquals(
                List.of(
                        new VirtualNode(1, KiB.ofMiB(512), CpuSet.of(0, 1, 4), List.of(10, 20)),
                        new VirtualNode(0, KiB.ofMiB(256), CpuSet.of(2, 3), List.of(0, 0))),
                guest.virtualNodes());
        assertEquals(KiB.ofMiB(768), guest.memory());
        assertEquals(KiB.ofMiB(768), guest.maxMemory());
        assertEquals(5, guest.maxVcpus());
        assertEquals(1, guest.vcpus());
        assertEquals(
                guest,
                XlConfigReader.parse(XlConfigWriter.write(guest), "written").config());
    }

    @Test
    void anEmptyListIsNoNode() {
        assertEquals(List.of(), read("memory=64", "vnuma=[]").virtualNodes());
    }

    @Test
    void anUnknownOptionIsIgnoredWithAWarning() {
        XlConfigReader.Result result = parse("vnuma=[['size=64','vcpus=0','speed=9']]");
        assertEquals(
                List.of("guest.cfg:4: 'vnuma' has \"speed\", which is ignored, as xl does"),
                result.warnings().stream().map(Object::toString).toList());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "vnuma='x' | 'vnuma' is not a list of lists of texts",
                "vnuma=['x'] | 'vnuma' is not a list of lists of texts",
                "vnuma=[['size=64',['x']]] | 'vnuma' is not a list of lists of texts",
                "vnuma=[['size=64','vcpus']] | 'vnuma', node 0: \"vcpus\" is not of the form KEY=VALUE",
                "vnuma=[['size=64','vcpus=']] | 'vnuma', node 0: \"vcpus=\" is not of the form KEY=VALUE",
                "vnuma=[['vcpus=0']] | 'vnuma', node 0: size is missing",
                "vnuma=[['size=64M']] | 'vnuma', node 0: size has \"64M\", which is not a number",
                "vnuma=[['size=64','pnode=-1']] | 'vnuma', node 0: pnode has \"-1\", which is not a number",
                "vnuma=[['size=64','vcpus=3-1']] | 'vnuma', node 0: vcpus has \"3-1\"",
                "vnuma=[['size=64','vcpus=0','vdistances=300']] | 'vnuma', node 0: a distance of vdistances is 0 … 255, not 300",
                "vnuma=[['size=64','vcpus=0']]; maxmem=65 | vnuma: the nodes have 64 MiB, but maxmem is 65 MiB",
                "vnuma=[['size=64','vcpus=0']]; memory=32 | vnuma: a guest with vnuma cannot be populated on demand: memory must be maxmem",
                "vnuma=[['size=64','vcpus=0']]; maxvcpus=2 | vnuma: vCPU 1 is in no node",
                "vnuma=[['size=64','vcpus=0','vdistances=10,20']] | vnuma: node 0 has 2 distances for a guest of 1 nodes",
            })
    void aMistakeIsReportedAtItsLine(String line, String message) {
        ConfigException e = assertThrows(ConfigException.class, () -> read(line));
        assertEquals("guest.cfg:4: " + message, e.getMessage());
    }
}
