// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.error.KernelImageException;
import org.xenjava.toolstack.image.pv.AddressSpace;
import org.xenjava.toolstack.image.pv.AddressSpace.RamdiskAddress;
import org.xenjava.toolstack.sim.guest.HaltingPvKernel;

class PvKernelTest {
    private static final long BASE = TestKernels.PV_BASE;
    private static final long START = TestKernels.START;

    private static PvKernel parse(byte[] file) {
        return PvKernel.parse(ImageContent.of("kernel", file));
    }

    private static ElfBuilder pv() {
        return TestKernels.pvNotes(ElfBuilder.elf64()).load(START, TestKernels.code(0x4000), 0x6000);
    }

    private static void refused(String reason, ElfBuilder elf) {
        byte[] file = elf.build();
        String message =
                assertThrows(KernelImageException.class, () -> parse(file)).getMessage();
        assertTrue(message.contains(reason), message);
    }

    @Test
    void theNotesOfLinuxLeaveRamdiskAndFramesOutsideOfTheMapping() {
        PvKernel kernel = parse(TestKernels.pv());
        assertEquals(BASE + START + 0x1c0, kernel.entry());
        assertEquals(
                new AddressSpace(BASE, OptionalLong.of(0x80_0000_0000L), RamdiskAddress.FRAME), kernel.addresses());
        assertEquals(OptionalLong.empty(), kernel.hypercallPage());
        assertEquals((START + 0x6000) >> 12, kernel.endPfn());
    }

    @Test
    void theSmallestKernelOfTheSimulationStartsAsPvAndAsPvh() {
        assertEquals(1, parse(HaltingPvKernel.elf()).segments().size());
        assertEquals(0x10_0000, TestKernels.parse(HaltingPvKernel.elf()).entry());
    }

    @Test
    void anOldKernelHasAHypercallPageAndItsEntryInTheElfHeader() {
        PvKernel kernel = parse(TestKernels.oldPv());
        assertEquals(BASE + START, kernel.entry());
        assertEquals(new AddressSpace(BASE, OptionalLong.empty(), RamdiskAddress.VIRTUAL), kernel.addresses());
        assertEquals(OptionalLong.of((START + 0x1000) >> 12), kernel.hypercallPage());
    }

    @Test
    void physicalAddressesAreRelativeToThePhysicalOffset() {
        PvKernel kernel = parse(TestKernels.pvNotes(ElfBuilder.elf64())
                .load(0x4000_0000L + START, TestKernels.code(0x1000), 0x1000)
                .number(XenNotes.Type.VIRT_BASE.number(), 0x4000_0000L)
                .number(XenNotes.Type.PADDR_OFFSET.number(), 0x4000_0000L)
                .number(XenNotes.Type.ENTRY.number(), 0x4000_0000L + START)
                .build());
        assertEquals(START, kernel.segments().get(0).address());
    }

    @Test
    void aPlaceForFramesAboveTheMappingCountsAsNone() {
        for (long address : new long[] {BASE, BASE + 0x1000_0000, 0x80_0000_0001L}) {
            PvKernel kernel =
                    parse(pv().number(XenNotes.Type.INIT_P2M.number(), address).build());
            assertEquals(OptionalLong.empty(), kernel.addresses().p2mList(), Long.toHexString(address));
        }
    }

    @Test
    void requiredFeaturesThatNoPvGuestHasAreRefused() {
        refused("requires a feature that no PV guest has: dom0", pv().text(ElfBuilder.FEATURES, "!dom0"));
        refused(
                "requires a feature that no PV guest has: auto_translated_physmap",
                pv().text(ElfBuilder.FEATURES, "dom0|!auto_translated_physmap"));
        refused("requires a feature that no PV guest has", pv().text(ElfBuilder.FEATURES, "!of_the_future"));
        assertEquals(
                BASE,
                parse(pv().text(ElfBuilder.FEATURES, "dom0|of_the_future").build())
                        .addresses()
                        .base());
    }

    @Test
    void countlessFeaturesTakeNoMemory() {
        StringBuilder words = new StringBuilder();
        for (int i = 0; i < 400; i++) {
            words.append("!f").append(i).append('|');
        }
        XenNotes notes = XenNotes.of(ElfImage.parse(
                ImageContent.of("kernel", new byte[0]),
                bytes(pv().text(ElfBuilder.FEATURES, words.toString()).build())));
        assertEquals(64, notes.requiredFeatures().size());
    }

    private static ImageBytes bytes(byte[] file) {
        ImageContent content = ImageContent.of("kernel", file);
        return ImageBytes.of(content, content.open());
    }

    @Test
    void kernelsOfOtherKindsAreRefusedWithAWayOut() {
        assertThrows(KernelImageException.class, () -> parse(new byte[64]));
        refused("it has no Xen notes", ElfBuilder.elf64().load(START, TestKernels.code(64), 64));
        refused(
                "set type=\"pvh\"",
                ElfBuilder.elf64().load(START, TestKernels.code(64), 64).entry(START));
        refused(
                "set type=\"pvh\" and pvshim=1",
                TestKernels.pvNotes(ElfBuilder.elf32()).load(START, TestKernels.code(64), 64));
        refused(
                "neither Linux nor made for Xen's generic loader",
                pv().text(XenNotes.Type.LOADER.number(), "own").text(XenNotes.Type.GUEST_OS.number(), "mine"));
        refused("another interface", pv().text(XenNotes.Type.XEN_VERSION.number(), "xen-2.0"));
    }

    @Test
    void damagedAddressesAreRefused() {
        refused("its entry point", pv().number(XenNotes.Type.ENTRY.number(), BASE + START - 1));
        refused("its entry point", pv().number(XenNotes.Type.VIRT_BASE.number(), BASE + 1));
        refused(
                "PADDR_OFFSET without VIRT_BASE",
                ElfBuilder.elf64()
                        .load(START, TestKernels.code(64), 64)
                        .text(XenNotes.Type.XEN_VERSION.number(), "xen-3.0")
                        .text(XenNotes.Type.GUEST_OS.number(), "linux")
                        .number(XenNotes.Type.ENTRY.number(), START)
                        .number(XenNotes.Type.PADDR_OFFSET.number(), 4096));
        refused(
                "its Xen note VIRT_BASE is of 5 bytes",
                pv().note("Xen", XenNotes.Type.VIRT_BASE.number(), new byte[5]));
        refused("its hypercall page", pv().number(XenNotes.Type.HYPERCALL_PAGE.number(), 5));
        refused("of 3 bytes instead of 4 or 8", pv().note("Xen", XenNotes.Type.ENTRY.number(), new byte[3]));
    }
}
