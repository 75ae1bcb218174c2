// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.memory.layout;

/**
 * The fixed addresses in the guest-physical memory of a PVH domain, beside RAM and {@link SpecialPage}s, as
 * libxenguest uses them ({@code tools/libs/guest/xg_dom_x86.c}; the same from Xen 4.14 to 4.22).
 */
public final class PvhLayout {
    /** First byte of the hole without RAM, which ends at 4 GiB. */
    public static final long MMIO_HOLE_START = 0xFC00_0000L;

    /** Address of the ACPI tables, in pages that are not RAM of the guest. */
    public static final long ACPI_START = 0xFC00_0000L;

    private PvhLayout() {}
}
