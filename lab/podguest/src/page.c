// SPDX-License-Identifier: Apache-2.0
#include "page.h"

#define WORDS (PAGE_SIZE / sizeof(u64))

static u64 *page(u64 gfn)
{
    return (u64 *)(gfn * PAGE_SIZE);
}

static u64 data_of(u64 gfn)
{
    return 0xf111ed00ull << 32 | gfn;
}

// Assembly, because C does not allow a page at address 0, and because it is faster in an
// emulator.
static void set(u64 gfn, u64 word)
{
    u64 *at = page(gfn);
    u64 words = WORDS;
    asm volatile("rep stosq" : "+D"(at), "+c"(words) : "a"(word) : "memory");
}

static bool is(u64 gfn, u64 word)
{
    u64 *at = page(gfn);
    u64 words = WORDS;
    bool equal;
    asm volatile("repe scasq" : "+D"(at), "+c"(words), "=@cce"(equal) : "a"(word) : "memory");
    return equal;
}

void page_fill(u64 gfn)
{
    set(gfn, data_of(gfn));
}

bool page_is_filled(u64 gfn)
{
    return is(gfn, data_of(gfn));
}

void page_clear(u64 gfn)
{
    set(gfn, 0);
}

bool page_is_clear(u64 gfn)
{
    return is(gfn, 0);
}

void page_read(u64 gfn)
{
    u64 word;
    asm volatile("mov %1, %0" : "=r"(word) : "m"(*page(gfn)));
}
