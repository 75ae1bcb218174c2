// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.xenctrl.PassthroughCalls.Access;
import org.xenjava.toolstack.xenctrl.PassthroughCalls.ReservedMemory;
import org.xenjava.toolstack.xenctrl.PassthroughCalls.ReservedRange;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;
import org.xenjava.toolstack.xenctrl.units.PciAddress;

/** The bytes were written by hand from Xen 4.17's public headers; those of quarantine and line 20 xl has sent, too. */
class PassthroughCallsTest extends HypercallBytes {
    private static final PciAddress CARD = PciAddress.parse("0000:00:08.0").orElseThrow();

    private void expect(int hypercall, String bytes) {
        xen.answering((op, args) -> {
            assertEquals(hypercall, op);
            long address = args[args.length - 1];
            assertEquals(hex(bytes), xen.hex(address, hex(bytes).length() / 2));
            return 0;
        });
    }

    @Test
    void aDeviceIsAssignedTestedAndTakenAway() {
        expect(36, "25000000 15000000 f17f 000000000000 00000000 01000000 40000000");
        xenctrl.passthrough().assign(PassthroughCalls.QUARANTINE, CARD, ReservedMemory.RELAXED);
        expect(36, "25000000 15000000 0100 000000000000 00000000 00000000 40000000");
        xenctrl.passthrough().assign(1, CARD, ReservedMemory.STRICT);
        expect(36, "2d000000 15000000 0100 000000000000 00000000 00000000 40000000");
        xenctrl.passthrough().testAssign(1, CARD);
        expect(36, "2f000000 15000000 0100 000000000000 00000000 00000000 fa1a0300");
        xenctrl.passthrough().deassign(1, new PciAddress(3, 0x1a, 0xfa));
    }

    @Test
    void onlyDevicesCanBeInQuarantine() {
        assertThrows(IllegalArgumentException.class, () -> xenctrl.domains().pause(PassthroughCalls.QUARANTINE));
        assertThrows(IllegalArgumentException.class, () -> xenctrl.passthrough()
                .testAssign(PassthroughCalls.QUARANTINE, CARD));
    }

    @Test
    void theGroupOfADeviceHasItsSegmentAndBusDeviceAndFunctionOfEach() {
        xen.answering((op, args) -> {
            assertEquals(hex("32000000 15000000 0000 000000000000 40000200 40000000"), xen.hex(args[0], 24));
            // (bus << 16) | (devfn << 8): iommu_get_device_group in xen/drivers/passthrough/pci.c.
            xen.at(xen.at(args[0]).getLong(32)).putInt(0, 0xe000).putInt(4, 0xff_0100);
            xen.at(args[0]).putInt(24, 2);
            return 0;
        });
        assertEquals(
                List.of(
                        PciAddress.parse("0002:00:1c.0").orElseThrow(),
                        PciAddress.parse("0002:ff:00.1").orElseThrow()),
                xenctrl.passthrough().group(0, new PciAddress(2, 0, CARD.devfn())));
    }

    /** Xen fills the buffer and does not say that it has left out devices. */
    @Test
    void aGroupThatFillsTheBufferIsReadAgainWithMoreRoom() {
        List<Integer> rooms = new ArrayList<>();
        xen.answering((op, args) -> {
            int room = xen.at(args[0]).getInt(20);
            int found = Math.min(room, 70);
            rooms.add(room);
            for (int i = 0; i < found; i++) {
                xen.at(xen.at(args[0]).getLong(32)).putInt(i * Integer.BYTES, i << 8);
            }
            xen.at(args[0]).putInt(24, found);
            return 0;
        });
        assertEquals(70, xenctrl.passthrough().group(0, CARD).size());
        assertEquals(List.of(64, 128), rooms);
    }

    @Test
    void reservedMemoryOfManyDevicesIsReadAgainWithMoreRoom() {
        xen.answering((op, args) -> {
            if (xen.at(args[1]).getInt(4) < 65) {
                throw new XenLibException("xencall", Errno.ENOBUFS);
            }
            for (int i = 0; i < 65; i++) {
                xen.at(xen.at(args[1]).getLong(8)).putLong(i * 16, i).putLong(i * 16 + 8, 1);
            }
            xen.at(args[1]).putInt(4, 65);
            return 0;
        });
        assertEquals(65, xenctrl.passthrough().reservedMemory().size());
    }

    @Test
    void anotherFailureToReadReservedMemoryIsNotRepeated() {
        xen.failing(Errno.EPERM);
        assertEquals(
                Errno.EPERM,
                assertThrows(HypercallException.class, () -> xenctrl.passthrough()
                                .reservedMemory())
                        .errno());
    }

    @Test
    void permissionsNamePortsPagesAndLines() {
        expect(36, "15000000 15000000 0100 000000000000 80c10000 40000000 01000000");
        xenctrl.passthrough().permitPorts(1, 0xc180, 64, Access.ALLOWED);
        expect(36, "14000000 15000000 0100 000000000000 c0eb0f0000000000 2000000000000000 00");
        xenctrl.passthrough().permitMemory(1, 0xfebc0, 32, Access.DENIED);
        expect(36, "13000000 15000000 0100 000000000000 14000000 01");
        xenctrl.passthrough().permitInterrupt(1, 20, Access.ALLOWED);
        expect(33, "0100 0000 01000000 14000000 14000000");
        xenctrl.passthrough().mapInterrupt(1, 20);
        expect(33, "0100 0000 14000000");
        xenctrl.passthrough().unmapInterrupt(1, 20);
    }

    @Test
    void reservedMemoryIsReadForAllDevices() {
        xen.answering((op, args) -> {
            assertEquals(1, xen.at(args[1]).getInt(0));
            xen.at(args[1]).putInt(4, 0);
            return 0;
        });
        assertEquals(List.of(), xenctrl.passthrough().reservedMemory());
    }

    @Test
    void reservedMemoryIsReadForOneDevice() {
        xen.answering((op, args) -> {
            assertEquals(12, op);
            assertEquals(27, args[0]);
            // Segment, bus and devfn.
            assertEquals(0x4000_0000, xen.at(args[1]).getInt(16));
            xen.at(xen.at(args[1]).getLong(8)).putLong(0, 0xad000).putLong(8, 3);
            xen.at(args[1]).putInt(4, 1);
            return 0;
        });
        assertEquals(
                List.of(new ReservedRange(0xad000, 3)), xenctrl.passthrough().reservedMemory(CARD));
    }
}
