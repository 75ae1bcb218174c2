// SPDX-License-Identifier: Apache-2.0
#include "ram.h"

#define LIMIT 64

static SCRATCH struct range table[LIMIT];
static u32 used;

struct ranges ram(void)
{
    return (struct ranges){table, used};
}

u64 ram_pages(void)
{
    u64 pages = 0;
    for (u32 i = 0; i < used; i++)
        pages += table[i].end - table[i].start;
    return pages;
}

bool ram_has(u64 gfn, u64 count)
{
    for (u32 i = 0; i < used; i++)
        if (table[i].start <= gfn && gfn < table[i].end)
            return count <= table[i].end - gfn;
    return false;
}

bool ram_can_have(u64 gfn, u64 count)
{
    u64 mapped = (u64)mapped_pages, own = (u64)own_start / PAGE_SIZE, own_limit = (u64)own_end / PAGE_SIZE;
    return gfn <= mapped && count <= mapped - gfn && (gfn + count <= own || own_limit <= gfn);
}

bool ram_may_change(void)
{
    return used + 2 <= LIMIT;
}

static void insert(u32 at, struct range range)
{
    for (u32 i = used++; i > at; i--)
        table[i] = table[i - 1];
    table[at] = range;
}

static void delete(u32 at)
{
    used--;
    for (u32 i = at; i < used; i++)
        table[i] = table[i + 1];
}

void ram_remove(u64 gfn, u64 count)
{
    u64 end = gfn + count;
    for (u32 i = 0; i < used;) {
        struct range old = table[i];
        if (old.end <= gfn || end <= old.start) {
            i++;
            continue;
        }
        delete(i);
        if (old.start < gfn)
            insert(i++, (struct range){old.start, gfn});
        if (end < old.end)
            insert(i++, (struct range){end, old.end});
    }
}

void ram_add(u64 gfn, u64 count)
{
    struct range range = {gfn, gfn + count};
    if (!count)
        return;
    ram_remove(gfn, count);
    u32 at = 0;
    while (at < used && table[at].start < range.start)
        at++;
    if (at < used && table[at].start == range.end) {
        range.end = table[at].end;
        delete(at);
    }
    if (at > 0 && table[at - 1].end == range.start) {
        range.start = table[at - 1].start;
        delete(--at);
    }
    insert(at, range);
}
