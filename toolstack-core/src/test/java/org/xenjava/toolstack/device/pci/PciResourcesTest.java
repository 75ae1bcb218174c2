// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.pci;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.device.pci.PciResources.Range;

/** The text is that of two cards of the lab. */
class PciResourcesTest {
    private static final String NONE = "0x0000000000000000 0x0000000000000000 0x0000000000000000\n";
    private static final String E1000 = "0x00000000febc0000 0x00000000febdffff 0x0000000000040200\n"
            + "0x000000000000c180 0x000000000000c1bf 0x0000000000040101\n" + NONE
            + "0x00000000feb40000 0x00000000feb7ffff 0x0000000000046200\n";
    private static final String RTL8139 = "0x000000000000c000 0x000000000000c0ff 0x0000000000040101\n"
            + "0x00000000febf4000 0x00000000febf40ff 0x0000000000040200\n" + NONE;

    @Test
    void registersAreReadAsPagesAndPorts() {
        assertEquals(
                new PciResources(
                        List.of(new Range(0xfebc0, 32), new Range(0xfeb40, 64)),
                        List.of(new Range(0xc180, 64)),
                        OptionalInt.of(20)),
                PciResources.parse(E1000, "20"));
        assertEquals(
                new PciResources(List.of(new Range(0xfebf4, 1)), List.of(new Range(0xc000, 256)), OptionalInt.empty()),
                PciResources.parse(RTL8139, "0"));
    }

    @Test
    void blocksThatAreNotPlacedOrNotTheDevicesOwnAreLeftOut() {
        String unset = "0x0000000000000000 0x00000000000fffff 0x0000000020040200\n"
                + "0x00000000fe000000 0x00000000fe0fffff 0x0000000020040200\n"
                + "0xffffffffffffffff 0xffffffffffffffff 0x0000000000040200\nnonsense\n"
                + "0x0000000000010000 0x000000000001001f 0x0000000000040101\n" + NONE.repeat(2)
                + "0x00000000fe000000 0x00000000fe0fffff 0x0000000000140204\n";
        assertEquals(new PciResources(List.of(), List.of(), OptionalInt.empty()), PciResources.parse(unset, "?"));
    }

    @Test
    void aDeviceWithoutFilesHasNoResources() {
        assertEquals(new PciResources(List.of(), List.of(), OptionalInt.empty()), PciResources.parse("", ""));
    }

    @Test
    void resourcesThatAnotherDeviceSharesAreLeftOut() {
        PciResources one = PciResources.parse(E1000, "20");
        PciResources samePage = new PciResources(List.of(new Range(0xfebdf, 1)), List.of(), OptionalInt.of(20));
        assertEquals(
                new PciResources(List.of(new Range(0xfeb40, 64)), List.of(new Range(0xc180, 64)), OptionalInt.empty()),
                one.without(List.of(samePage)));
        assertEquals(one, one.without(List.of(PciResources.parse(RTL8139, "21"))));
    }
}
