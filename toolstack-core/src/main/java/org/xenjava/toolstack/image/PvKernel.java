// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image;

import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import org.xenjava.toolstack.error.KernelImageException;
import org.xenjava.toolstack.image.pv.AddressSpace;
import org.xenjava.toolstack.image.pv.AddressSpace.RamdiskAddress;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * A kernel that can boot as a PV guest: a 64-bit ELF file with Xen's notes about its virtual addresses. Addresses of
 * segments are relative to pfn 0. Immutable.
 *
 * @param name the name of the file in messages
 * @param entry virtual address of the first instruction
 * @param addresses the virtual addresses that the kernel wants
 * @param hypercallPage pfn of the page that Xen fills with the entries of hypercalls; newer kernels do it themselves
 * @param segments the segments to load, by address; they do not overlap
 */
public record PvKernel(
        String name, long entry, AddressSpace addresses, OptionalLong hypercallPage, List<Segment> segments) {
    private static final String XEN_VERSION = "xen-3.0";

    /** The names that Xen's loader knows ({@code xen/include/public/features.h}); it refuses required others. */
    private static final Set<String> FEATURES = Set.of(
            "writable_page_tables",
            "writable_descriptor_tables",
            "supervisor_mode_kernel",
            "pae_pgdir_above_4gb",
            "gnttab_map_avail_bits",
            "hvm_callback_vector",
            "hvm_safe_pvclock",
            "hvm_pirqs",
            "memory_op_vnode_supported",
            "ARM_SMCCC_supported",
            "linux_rsdp_unrestricted",
            "not_direct_mapped",
            "direct_mapped");

    private static final Set<String> UNAVAILABLE = Set.of("dom0", "auto_translated_physmap");

    /** Copies the list, so that the record is immutable. */
    public PvKernel {
        segments = List.copyOf(segments);
    }

    /**
     * Reads a kernel's headers and notes.
     *
     * @param file an ELF file
     * @throws KernelImageException if the file is damaged, of an unknown kind, or no 64-bit kernel for PV guests
     */
    public static PvKernel parse(ImageContent file) {
        try (ImageReader reader = file.open()) {
            return parse(file, ImageBytes.of(file, reader));
        }
    }

    private static PvKernel parse(ImageContent content, ImageBytes bytes) {
        ElfImage elf = ElfImage.ofKernel(content, bytes);
        XenNotes notes = XenNotes.of(elf);
        requirePv(bytes, notes);
        if (elf.width() == ElfImage.Width.BITS_32) {
            throw bytes.refused("it is a 32-bit PV kernel, and Xen runs 64-bit ones: set type=\"pvh\" and pvshim=1");
        }
        requireSupported(bytes, notes);
        long base = notes.number(XenNotes.Type.VIRT_BASE).orElse(0);
        List<Segment> segments =
                elf.segments(notes.number(XenNotes.Type.PADDR_OFFSET).orElse(0));
        long entry = notes.number(XenNotes.Type.ENTRY).orElse(elf.entry());
        if (base % Pages.BYTES != 0 || segments.stream().noneMatch(segment -> segment.contains(entry - base))) {
            throw bytes.refused("its entry point " + ElfImage.hex(entry)
                    + " lies in none of its segments above VIRT_BASE " + ElfImage.hex(base) + "; the file is damaged");
        }
        OptionalLong hypercallPage = notes.number(XenNotes.Type.HYPERCALL_PAGE);
        if (hypercallPage.isPresent()
                && segments.stream().noneMatch(segment -> segment.contains(hypercallPage.getAsLong() - base))) {
            throw bytes.refused("its hypercall page " + ElfImage.hex(hypercallPage.getAsLong())
                    + " lies in none of its segments; the file is damaged");
        }
        return new PvKernel(
                content.name(),
                entry,
                addresses(notes, base),
                hypercallPage.isPresent()
                        ? OptionalLong.of(hypercallPage.getAsLong() - base >> Pages.SHIFT)
                        : OptionalLong.empty(),
                segments);
    }

    private static void requirePv(ImageBytes bytes, XenNotes notes) {
        if (!notes.arePresent()) {
            throw bytes.refused(
                    "it has no Xen notes, so it cannot be started as a PV guest: give a Linux kernel built with"
                            + " CONFIG_XEN_PV=y");
        }
        if (notes.number(XenNotes.Type.VIRT_BASE).isEmpty()
                && notes.number(XenNotes.Type.ENTRY).isEmpty()) {
            throw bytes.refused(
                    "its Xen notes are those of a kernel for PVH guests, without VIRT_BASE and ENTRY: set type=\"pvh\","
                            + " or give a Linux kernel built with CONFIG_XEN_PV=y");
        }
    }

    private static void requireSupported(ImageBytes bytes, XenNotes notes) {
        if (!notes.text(XenNotes.Type.XEN_VERSION).startsWith(XEN_VERSION)) {
            throw bytes.refused("it is made for another interface than " + XEN_VERSION);
        }
        if (!notes.text(XenNotes.Type.LOADER).startsWith("generic")
                && !notes.text(XenNotes.Type.GUEST_OS).startsWith("linux")) {
            throw bytes.refused("it is neither Linux nor made for Xen's generic loader");
        }
        for (String feature : notes.requiredFeatures()) {
            if (!FEATURES.contains(feature)) {
                throw bytes.refused("it requires a feature that no PV guest has"
                        + (UNAVAILABLE.contains(feature) ? ": " + feature : ""));
            }
        }
        if (notes.number(XenNotes.Type.PADDR_OFFSET).orElse(0) != 0
                && notes.number(XenNotes.Type.VIRT_BASE).isEmpty()) {
            throw bytes.refused("it has the Xen note PADDR_OFFSET without VIRT_BASE; the file is damaged");
        }
    }

    /** Ignores a place for the list of machine frames that Xen's own builder ignores. */
    private static AddressSpace addresses(XenNotes notes, long base) {
        OptionalLong p2m = notes.number(XenNotes.Type.INIT_P2M);
        boolean usable = p2m.isPresent()
                && p2m.getAsLong() % Pages.BYTES == 0
                && Long.compareUnsigned(p2m.getAsLong(), base) < 0;
        boolean byFrame = notes.number(XenNotes.Type.MOD_START_PFN).orElse(0) != 0;
        return new AddressSpace(
                base, usable ? p2m : OptionalLong.empty(), byFrame ? RamdiskAddress.FRAME : RamdiskAddress.VIRTUAL);
    }

    /** The first pfn behind the kernel. */
    long endPfn() {
        return Pages.holding(segments.get(segments.size() - 1).end()).count();
    }
}
