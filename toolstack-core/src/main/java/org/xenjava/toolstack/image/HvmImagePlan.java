// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.HvmConfig;
import org.xenjava.toolstack.config.HvmConfig.Bios;
import org.xenjava.toolstack.error.KernelImageException;
import org.xenjava.toolstack.image.RamContents.Blob;
import org.xenjava.toolstack.memory.GuestLayout;
import org.xenjava.toolstack.memory.RamRange;
import org.xenjava.toolstack.memory.layout.HvmLayout;
import org.xenjava.toolstack.xenctrl.MemoryMapEntry;
import org.xenjava.toolstack.xenctrl.MemoryMapEntry.Type;

/**
 * The plan of an HVM guest's memory. RAM contains {@code hvm_info_table} at its fixed address and hvmloader, followed,
 * each from the next page on, by the BIOS, further tables, and the start info with the address of the BIOS. This is
 * libxl's order.
 *
 * <p>The memory map begins at 1 MiB: hvmloader describes the memory below.
 */
public final class HvmImagePlan extends ImagePlan {
    /** The name of the BIOS among the modules, which hvmloader searches for. */
    private static final String BIOS_MODULE = "firmware";

    /** The largest SeaBIOS: hvmloader copies it to the end of the first MiB, and option ROMs begin 256 KiB below. */
    private static final int MAX_SEABIOS_BYTES = 256 << 10;

    private final Optional<Item> acpiTables;
    private final Optional<Item> smbiosTables;

    private HvmImagePlan(
            long entry,
            Blob startInfo,
            List<MemoryMapEntry> memoryMap,
            RamContents contents,
            Optional<Item> acpiTables,
            Optional<Item> smbiosTables) {
        super(entry, startInfo.address(), memoryMap, contents);
        this.acpiTables = acpiTables;
        this.smbiosTables = smbiosTables;
    }

    /**
     * Plans a guest's memory.
     *
     * @param config the guest, for the number of vCPUs
     * @param machine the machine, for its APICs and BIOS
     * @throws KernelImageException if the firmware does not fit into the guest's memory
     */
    public static HvmImagePlan of(DomainConfig config, HvmConfig machine, HvmFirmware firmware, RamBounds ram) {
        requireCopyable(machine.firmware().bios(), firmware.bios());
        HvmLoader loader = firmware.loader();
        List<MemoryMapEntry> memoryMap = memoryMap(ram.layout(), ram.reserved());
        Blob bios = behind(loader.end(), "BIOS", firmware.bios());
        Optional<Blob> acpi = firmware.acpiTables().map(tables -> behind(bios.end(), "ACPI tables", tables));
        long acpiEnd = acpi.map(Blob::end).orElse(bios.end());
        Optional<Blob> smbios = firmware.smbiosTables().map(tables -> behind(acpiEnd, "SMBIOS tables", tables));
        Blob startInfo = startInfo(bios, pageAlign(smbios.map(Blob::end).orElse(acpiEnd)), memoryMap);
        ram.requireFits("hvmloader and BIOS", loader.start(), startInfo.end());

        List<Blob> blobs = new ArrayList<>();
        blobs.add(Blob.of("HVM info table", HvmLayout.INFO_TABLE, HvmInfoTable.of(config, machine, ram.layout())));
        blobs.add(bios);
        acpi.ifPresent(blobs::add);
        smbios.ifPresent(blobs::add);
        blobs.add(startInfo);
        RamContents contents = new RamContents("hvmloader", loader.segments(), blobs, ram.fresh());
        return new HvmImagePlan(
                loader.entry(), startInfo, memoryMap, contents, acpi.map(Blob::item), smbios.map(Blob::item));
    }

    @Override
    public <T> T map(ByKind<T> functions) {
        return functions.hvm().apply(this);
    }

    /** The further ACPI tables, whose address hvmloader reads from xenstore. */
    public Optional<Item> acpiTables() {
        return acpiTables;
    }

    /** The further SMBIOS structures, whose address hvmloader reads from xenstore. */
    public Optional<Item> smbiosTables() {
        return smbiosTables;
    }

    private static void requireCopyable(Bios kind, DataImage bios) {
        if (kind == Bios.SEABIOS && bios.length() > MAX_SEABIOS_BYTES) {
            throw new KernelImageException(bios.name() + ": a SeaBIOS of " + bios.length() + " bytes does not fit below"
                    + " 1 MiB; at most " + MAX_SEABIOS_BYTES + " do: is it the OVMF?");
        }
    }

    private static Blob behind(long end, String what, DataImage content) {
        return Blob.of(what, pageAlign(end), content);
    }

    private static Blob startInfo(Blob bios, long address, List<MemoryMapEntry> memoryMap) {
        StartInfo.Module module =
                new StartInfo.Module(BIOS_MODULE, bios.segment().memoryBytes());
        StartInfo info = new StartInfo(Optional.empty(), List.of(module), 0, memoryMap);
        return Blob.of("start info", address, info.at(address, bios.address()));
    }

    private static List<MemoryMapEntry> memoryMap(GuestLayout layout, List<RamRange> reserved) {
        List<MemoryMapEntry> map = new ArrayList<>();
        long start = HvmLayout.LOW_MEGABYTE_END;
        map.add(new MemoryMapEntry(start, layout.lowMemEnd() - start, Type.RAM));
        reserved.forEach(
                range -> map.add(new MemoryMapEntry(range.start(), range.end() - range.start(), Type.RESERVED)));
        if (layout.highMemBytes() > 0) {
            map.add(new MemoryMapEntry(GuestLayout.FOUR_GIB, layout.highMemBytes(), Type.RAM));
        }
        return map;
    }
}
