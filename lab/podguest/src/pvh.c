// SPDX-License-Identifier: Apache-2.0
// The start info of a PVH guest or of an HVM guest's first program:
// xen/include/public/arch-x86/hvm/start_info.h.
#include "boot.h"
#include "ram.h"

enum { MEMMAP_RAM = 1 };

// An HVM guest's map begins at 1 MiB. All memory below, except for the VGA hole, is RAM.
enum { VGA_HOLE = 0xa0, VGA_HOLE_END = 0xc0, ONE_MIB = 0x100 };

struct start_info {
    u32 magic;
    u32 version;
    u32 flags;
    u32 modules;
    u64 module_list;
    u64 command_line;
    u64 rsdp;
    u64 memory_map;
    u32 memory_map_entries;
    u32 reserved;
};

struct memory_map_entry {
    u64 address;
    u64 size;
    u32 type;
    u32 reserved;
};

static u64 lesser(u64 a, u64 b)
{
    return a < b ? a : b;
}

static void take_memory_map(const struct start_info *info)
{
    const struct memory_map_entry *entry = (const void *)info->memory_map;
    for (u32 i = 0; i < info->memory_map_entries; i++, entry++) {
        if (entry->type != MEMMAP_RAM)
            continue;
        u64 start = (entry->address + PAGE_SIZE - 1) / PAGE_SIZE;
        u64 end = lesser((entry->address + entry->size) / PAGE_SIZE, (u64)mapped_pages);
        if (start < end)
            ram_add(start, end - start);
    }
    if (!ram_has(0, 1)) {
        ram_add(0, VGA_HOLE);
        ram_add(VGA_HOLE_END, ONE_MIB - VGA_HOLE_END);
    }
    ram_remove((u64)own_start / PAGE_SIZE, (own_end - own_start) / PAGE_SIZE);
}

// entry.S calls this function on the boot stack, with all memory mapped one to one.
_Noreturn void pvh_main(const struct start_info *info)
{
    SCRATCH static char command_line[1024];
    const char *from = (const char *)info->command_line;
    u32 length = 0;

    take_memory_map(info);
    // The original is in RAM that commands overwrite.
    while (from && from[length] && length < sizeof command_line - 1) {
        command_line[length] = from[length];
        length++;
    }
    command_line[length] = 0;
    run(command_line);
}
