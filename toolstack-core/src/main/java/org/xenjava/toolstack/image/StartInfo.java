// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.xenctrl.MemoryMapEntry;

/**
 * The description of the guest that a PVH kernel or hvmloader reads at its start
 * ({@code xen/include/public/arch-x86/hvm/start_info.h}), as one blob: {@code hvm_start_info}, the command line, the
 * modules, the memory map, and the modules' command lines.
 */
final class StartInfo {
    /** The longest command line. Linux truncates its command line at 2 KiB. */
    static final int MAX_COMMAND_LINE_BYTES = 64 << 10;

    private static final int MAGIC = 0x336ec578;
    /** The version of the structure. Version 1 added the memory map. */
    private static final int VERSION = 1;

    private static final int COMMAND_LINE_AT = GuestStructs.START_INFO.size();

    private final Optional<String> commandLine;
    private final List<Module> modules;
    private final long rsdpAddress;
    private final List<MemoryMapEntry> memoryMap;
    private final byte[] commandLineBytes;
    private final int modulesAt;
    private final int memoryMapAt;
    private final int moduleLinesAt;

    /**
     * A file that the guest finds in memory, such as its initial ramdisk.
     *
     * @param commandLine the module's command line; may be empty
     * @param bytes length of the file
     */
    record Module(String commandLine, long bytes) {
        private byte[] lineBytes() {
            return commandLine.isEmpty() ? new byte[0] : asInC(commandLine);
        }
    }

    /**
     * @param commandLine the guest's command line; may be empty
     * @param modules the files, in order
     * @param rsdpAddress guest-physical address of the ACPI root pointer; 0 if there is none
     * @throws ConfigException if the command line is too long or contains a NUL
     */
    StartInfo(Optional<String> commandLine, List<Module> modules, long rsdpAddress, List<MemoryMapEntry> memoryMap) {
        commandLine.ifPresent(StartInfo::requirePassable);
        this.commandLine = commandLine;
        this.modules = List.copyOf(modules);
        this.rsdpAddress = rsdpAddress;
        this.memoryMap = List.copyOf(memoryMap);
        this.commandLineBytes = commandLine.map(StartInfo::asInC).orElseGet(() -> new byte[0]);
        this.modulesAt = align(COMMAND_LINE_AT + commandLineBytes.length);
        this.memoryMapAt = modulesAt + modules.size() * GuestStructs.MODULE.size();
        this.moduleLinesAt = memoryMapAt + memoryMap.size() * GuestStructs.MEMORY_MAP_ENTRY.size();
    }

    private static void requirePassable(String commandLine) {
        int bytes = asInC(commandLine).length - 1;
        if (bytes > MAX_COMMAND_LINE_BYTES) {
            throw new ConfigException("the kernel's command line is " + bytes + " bytes long; at most "
                    + MAX_COMMAND_LINE_BYTES + " are passed on");
        }
        if (commandLine.indexOf('\0') >= 0) {
            throw new ConfigException("the kernel's command line has a NUL character in it");
        }
    }

    private static byte[] asInC(String text) {
        return (text + '\0').getBytes(StandardCharsets.UTF_8);
    }

    /** The length of the blob in bytes. */
    int size() {
        return moduleLinesAt
                + modules.stream().mapToInt(module -> module.lineBytes().length).sum();
    }

    /**
     * The blob for a guest-physical address.
     *
     * @param moduleAddresses guest-physical addresses of the modules, in order
     */
    byte[] at(long address, long... moduleAddresses) {
        ByteBuffer blob = ByteBuffer.allocate(size());
        GuestStructs.START_INFO
                .at(blob, 0)
                .set("magic", MAGIC)
                .set("version", VERSION)
                .set("nr_modules", modules.size())
                .set("modlist_paddr", modules.isEmpty() ? 0 : address + modulesAt)
                .set("cmdline_paddr", commandLine.isPresent() ? address + COMMAND_LINE_AT : 0)
                .set("rsdp_paddr", rsdpAddress)
                .set("memmap_paddr", address + memoryMapAt)
                .set("memmap_entries", memoryMap.size());
        blob.put(COMMAND_LINE_AT, commandLineBytes);
        int lineAt = moduleLinesAt;
        for (int i = 0; i < modules.size(); i++) {
            byte[] line = modules.get(i).lineBytes();
            blob.put(lineAt, line);
            GuestStructs.MODULE
                    .at(blob, modulesAt + i * GuestStructs.MODULE.size())
                    .set("paddr", moduleAddresses[i])
                    .set("size", modules.get(i).bytes())
                    .set("cmdline_paddr", line.length == 0 ? 0 : address + lineAt);
            lineAt += line.length;
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
