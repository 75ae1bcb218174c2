// SPDX-License-Identifier: Apache-2.0
// The gfns of RAM that this guest may use: RAM of the memory map, without the kernel's pages
// and without returned pages. The functions do not touch pages.
#pragma once

#include "types.h"

// The gfns from START up to, and without, END.
struct range {
    u64 start, end;
};

// The ranges, ascending and not adjacent. Valid until the next change.
struct ranges {
    const struct range *range;
    u32 count;
};

struct ranges ram(void);

u64 ram_pages(void);

// Whether all COUNT gfns are RAM.
bool ram_has(u64 gfn, u64 count);

// Whether the gfns can become RAM: the page tables map them, and the kernel does not use them.
bool ram_can_have(u64 gfn, u64 count);

// Whether the table of ranges has room for two more changes.
bool ram_may_change(void);

// Both functions accept gfns that have the new state already.
void ram_add(u64 gfn, u64 count);
void ram_remove(u64 gfn, u64 count);
