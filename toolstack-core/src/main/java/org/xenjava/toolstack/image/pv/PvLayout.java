// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image.pv;

import java.util.OptionalLong;
import org.xenjava.toolstack.error.KernelImageException;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * The places of everything that a PV guest finds in its memory when it starts, in libxl's order: the kernel at the
 * address of its file, start info, rings, page tables and boot stack, then, where the kernel allows it, the ramdisk and the
 * list of machine frames outside of the initial mapping. Older kernels have both inside, behind the kernel.
 *
 * @param addresses the virtual addresses that the kernel wants
 * @param guest all pages of the guest
 * @param ramdisk the pages of the ramdisk; none without one
 * @param p2mList the pages of the list of machine frames
 * @param startInfo pfn of the start info
 * @param store pfn of the ring to xenstored
 * @param console pfn of the ring to xenconsoled
 * @param bootStack pfn of the stack
 * @param tables the page tables
 * @param end the first pfn behind everything
 */
public record PvLayout(
        AddressSpace addresses,
        PfnRange guest,
        PfnRange ramdisk,
        PfnRange p2mList,
        long startInfo,
        long store,
        long console,
        long bootStack,
        PvPageTables tables,
        long end) {
    /** Pages of the initial mapping that stay free behind the stack, at least: 512 KiB. */
    private static final long SPARE_PAGES = 128;

    /** The initial mapping ends at a multiple of 4 MiB. */
    private static final long MAPPING_MASK = (4 << 20) - 1;

    /** Virtual address of the start info. */
    public long startInfoAddress() {
        return addresses.of(startInfo);
    }

    /**
     * Places everything.
     *
     * @param kernel name of the kernel, for messages
     * @param kernelEnd first pfn behind the kernel
     * @param ramdiskBytes length of the ramdisk; 0 without one
     * @param pages number of pages of the guest
     * @throws KernelImageException if the guest is too small, or the kernel wants addresses that Xen does not allow
     */
    public static PvLayout of(String kernel, AddressSpace addresses, long kernelEnd, long ramdiskBytes, long pages) {
        // Within the guest's memory no number below overflows.
        requireFits(kernel, kernelEnd + Pages.holding(ramdiskBytes).count(), pages);
        return new Placing(kernel, addresses, pages, kernelEnd)
                .place(Pages.holding(ramdiskBytes).count());
    }

    /** Takes page after page. */
    private static final class Placing {
        private final String kernel;
        private final AddressSpace addresses;
        private final long pages;
        private long next;

        private Placing(String kernel, AddressSpace addresses, long pages, long kernelEnd) {
            this.kernel = kernel;
            this.addresses = addresses;
            this.pages = pages;
            this.next = kernelEnd;
        }

        private PvLayout place(long ramdiskPages) {
            boolean ramdiskInside = addresses.ramdisk() == AddressSpace.RamdiskAddress.VIRTUAL;
            OptionalLong listAddress = addresses.p2mList();
            long listPages = Pages.holding(pages * Long.BYTES).count();
            PfnRange ramdisk = ramdiskInside ? take(ramdiskPages) : new PfnRange(0, 0);
            PfnRange list = listAddress.isEmpty() ? take(listPages) : new PfnRange(0, 0);
            long startInfo = take(1).first();
            long store = take(1).first();
            long console = take(1).first();
            long mapped = mappedPages();
            requireFits(kernel, mapped, pages);
            requireMappable(addresses.base(), mapped);
            PvPageTables tables =
                    PvPageTables.of(new PvPageTables.Mapping(addresses.base(), new PfnRange(0, mapped)), next);
            take(tables.ranges().get(0).count());
            long bootStack = take(1).first();
            next = mapped;
            if (!ramdiskInside) {
                ramdisk = take(ramdiskPages);
            }
            if (listAddress.isPresent()) {
                list = take(listPages);
                requireMappable(listAddress.getAsLong(), listPages);
                requireBelow(addresses.base(), listAddress.getAsLong() + listPages * Pages.BYTES);
                tables = tables.with(new PvPageTables.Mapping(listAddress.getAsLong(), list), next);
                take(tables.ranges().get(1).count());
            }
            requireFits(kernel, next, pages);
            return new PvLayout(
                    addresses,
                    new PfnRange(0, pages),
                    ramdisk,
                    list,
                    startInfo,
                    store,
                    console,
                    bootStack,
                    tables,
                    next);
        }

        private PfnRange take(long count) {
            PfnRange taken = new PfnRange(next, count);
            next += count;
            return taken;
        }

        /** The number of pages of the initial mapping, which has room for its own tables, the stack and spare pages. */
        private long mappedPages() {
            long from = addresses.of(next);
            long room = 1 + SPARE_PAGES;
            while (true) {
                long last = from + room * Pages.BYTES | MAPPING_MASK;
                long needed = PvPageTables.count(addresses.base(), last) + 1 + SPARE_PAGES;
                if (needed * Pages.BYTES <= last + 1 - from) {
                    return last + 1 - addresses.base() >>> Pages.SHIFT;
                }
                room = needed;
            }
        }

        private void requireMappable(long address, long count) {
            if (!AddressSpace.isMappable(address, address + count * Pages.BYTES - 1)) {
                throw new KernelImageException(kernel + ": its Xen notes ask for virtual addresses from 0x"
                        + Long.toHexString(address) + " on, which Xen does not give to PV guests; the file is damaged");
            }
        }

        private void requireBelow(long base, long listEnd) {
            if (Long.compareUnsigned(listEnd, base) > 0) {
                throw new KernelImageException(
                        kernel + ": the list of machine frames ends at 0x" + Long.toHexString(listEnd)
                                + ", inside the kernel's own mapping: this kernel supports less memory; lower 'memory'");
            }
        }
    }

    private static void requireFits(String kernel, long end, long pages) {
        if (end > pages) {
            throw new KernelImageException(kernel + ": kernel, ramdisk and page tables need "
                    + Pages.of(end).toKiB().roundUpToMiB() + " MiB, but the guest boots with memory="
                    + Pages.of(pages).toKiB().toMiB() + " MiB: raise memory, or take smaller files");
        }
    }
}
