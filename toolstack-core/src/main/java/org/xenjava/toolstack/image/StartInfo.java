// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.xenctrl.MemoryMapEntry;

/**
 * What a PVH guest is told at its start ({@code xen/include/public/arch-x86/hvm/start_info.h}), as one blob: {@code
 * hvm_start_info}, the command line, the modules, the memory map.
 */
final class StartInfo {
    /** Far more than any kernel takes; Linux cuts its command line at 2 KiB. */
    static final int MAX_COMMAND_LINE_BYTES = 64 << 10;

    private static final int MAGIC = 0x336ec578;
    /** From version 1 on there is a memory map. */
    private static final int VERSION = 1;

    private static final int COMMAND_LINE_AT = GuestStructs.START_INFO.size();

    private final byte[] commandLine;
    private final long rsdpAddress;
    private final List<MemoryMapEntry> memoryMap;
    private final int moduleCount;
    private final int modulesAt;
    private final int memoryMapAt;

    /**
     * A file that the kernel finds in memory, such as its initial ramdisk.
     *
     * @param address guest-physical
     * @param bytes length
     */
    record Module(long address, long bytes) {}

    /**
     * @param commandLine for the kernel; may be empty
     * @param moduleCount how many modules {@link #at} will be given
     * @param rsdpAddress guest-physical address of the ACPI root pointer
     * @throws ConfigException if the command line is absurdly long or has a NUL in it
     */
    StartInfo(String commandLine, int moduleCount, long rsdpAddress, List<MemoryMapEntry> memoryMap) {
        this.commandLine = commandLine.getBytes(StandardCharsets.UTF_8);
        if (this.commandLine.length > MAX_COMMAND_LINE_BYTES) {
            throw new ConfigException("the kernel's command line is " + this.commandLine.length
                    + " bytes long; at most " + MAX_COMMAND_LINE_BYTES + " are passed on");
        }
        if (commandLine.indexOf('\0') >= 0) {
            throw new ConfigException("the kernel's command line has a NUL character in it");
        }
        this.rsdpAddress = rsdpAddress;
        this.memoryMap = List.copyOf(memoryMap);
        this.moduleCount = moduleCount;
        this.modulesAt = align(COMMAND_LINE_AT + this.commandLine.length + 1);
        this.memoryMapAt = modulesAt + moduleCount * GuestStructs.MODULE.size();
    }

    /** Bytes of the blob. */
    int size() {
        return memoryMapAt + memoryMap.size() * GuestStructs.MEMORY_MAP_ENTRY.size();
    }

    /** The blob as it must lie at that guest-physical address. */
    byte[] at(long address, List<Module> modules) {
        ByteBuffer blob = ByteBuffer.allocate(size());
        GuestStructs.START_INFO
                .at(blob, 0)
                .set("magic", MAGIC)
                .set("version", VERSION)
                .set("nr_modules", moduleCount)
                .set("modlist_paddr", moduleCount == 0 ? 0 : address + modulesAt)
                .set("cmdline_paddr", address + COMMAND_LINE_AT)
                .set("rsdp_paddr", rsdpAddress)
                .set("memmap_paddr", address + memoryMapAt)
                .set("memmap_entries", memoryMap.size());
        blob.put(COMMAND_LINE_AT, commandLine);
        for (int i = 0; i < moduleCount; i++) {
            GuestStructs.MODULE
                    .at(blob, modulesAt + i * GuestStructs.MODULE.size())
                    .set("paddr", modules.get(i).address())
                    .set("size", modules.get(i).bytes());
        }
        for (int i = 0; i < memoryMap.size(); i++) {
            GuestStructs.MEMORY_MAP_ENTRY
                    .at(blob, memoryMapAt + i * GuestStructs.MEMORY_MAP_ENTRY.size())
                    .set("addr", memoryMap.get(i).address())
                    .set("size", memoryMap.get(i).bytes())
                    .set("type", memoryMap.get(i).type().number());
        }
        return blob.array();
    }

    private static int align(int offset) {
        return (offset + Long.BYTES - 1) / Long.BYTES * Long.BYTES;
    }
}
