// SPDX-License-Identifier: Apache-2.0
// Which gfns are RAM of this guest that it may use: all that the memory map shows, less the
// kernel's own pages, less what has been given back. Pure accounting: no page is touched.
#pragma once

#include "types.h"

// From gfn START up to END, without END.
struct range {
    u64 start, end;
};

// In ascending order, no two of them adjacent. Valid until the next change.
struct ranges {
    const struct range *range;
    u32 count;
};

struct ranges ram(void);

u64 ram_pages(void);

// All of those COUNT gfns are RAM.
bool ram_has(u64 gfn, u64 count);

// Those gfns can become RAM: the page tables map them, and they are none of the kernel's own.
bool ram_can_have(u64 gfn, u64 count);

// Two more changes will find room in the table of ranges.
bool ram_may_change(void);

// Neither minds gfns that are already as they shall be.
void ram_add(u64 gfn, u64 count);
void ram_remove(u64 gfn, u64 count);
