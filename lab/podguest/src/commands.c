// SPDX-License-Identifier: Apache-2.0
#include "commands.h"

#include "console.h"
#include "page.h"
#include "ram.h"
#include "store.h"
#include "text.h"
#include "xen.h"

#define MAX_WORDS 6
#define KIB_PER_PAGE 4
#define NOT_RAM "not all of that is RAM of this guest"
#define NO_PLACE_FOR_RAM "that is the kernel's own, or beyond what is mapped"
#define TOO_MANY_RANGES "too many holes in the guest's memory"
// Larger than any guest's memory; numbers of pages fit into 64 bits.
#define MAX_ORDER 18
#define MAX_COUNT (1ull << 32)

// Pages that this guest has returned to Xen, minus pages that it has populated.
static int64_t given_back;

struct words {
    char **word;
    u32 count;
};

// Reads the Nth argument as a number; OTHERWISE if it is missing. Fails for another text.
static bool number(struct words words, u32 n, u64 otherwise, u64 *value)
{
    *value = otherwise;
    return n >= words.count || text_number(words.word[n], value);
}

// Reads GFN COUNT, the arguments of most commands. The default of COUNT is 1.
static bool gfn_and_count(struct words words, u64 *gfn, u64 *count)
{
    return number(words, 1, 0, gfn) && number(words, 2, 1, count) && *count <= MAX_COUNT;
}

// Reads GFN COUNT [ORDER].
static bool extents_of(struct words words, u64 *gfn, u64 *count, u64 *order)
{
    return gfn_and_count(words, gfn, count) && number(words, 3, 0, order) && *order <= MAX_ORDER;
}

// A command returns null, or the reason of its failure.
typedef const char *outcome;
static const outcome done;
static const outcome not_a_number = "not a number, or too large a one";

static outcome info(struct words words)
{
    (void)words;
    struct ranges ranges = ram();
    for (u32 i = 0; i < ranges.count; i++)
        say("RAM %u %u\n", ranges.range[i].start, ranges.range[i].end - ranges.range[i].start);
    u64 own = (u64)own_start / PAGE_SIZE;
    say("OWN %u %u\n", own, (u64)own_end / PAGE_SIZE - own);
    say("PAGES %u\n", ram_pages());
    say("RESERVATION %u\n", current_reservation());
    return done;
}

static outcome give_back(u64 gfn, u64 count, u32 order, u64 *extents)
{
    if (!ram_has(gfn, count << order))
        return NOT_RAM;
    if (!ram_may_change())
        return TOO_MANY_RANGES;
    *extents = change_reservation(XENMEM_decrease_reservation, gfn, count, order);
    ram_remove(gfn, *extents << order);
    given_back += *extents << order;
    return *extents == count ? done : "Xen took fewer";
}

static outcome free(struct words words)
{
    u64 gfn, count, order, extents = 0;
    if (!extents_of(words, &gfn, &count, &order))
        return not_a_number;
    outcome outcome = give_back(gfn, count, order, &extents);
    say("FREED %u\n", extents);
    return outcome;
}

static outcome populate(struct words words)
{
    u64 gfn, count, order;
    if (!extents_of(words, &gfn, &count, &order))
        return not_a_number;
    if (!ram_can_have(gfn, count << order))
        return NO_PLACE_FOR_RAM;
    if (!ram_may_change())
        return TOO_MANY_RANGES;
    u64 before = ram_pages();
    u64 extents = change_reservation(XENMEM_populate_physmap, gfn, count, order);
    ram_add(gfn, extents << order);
    given_back -= ram_pages() - before;
    say("POPULATED %u\n", extents);
    return extents == count ? done : "Xen gave fewer";
}

static outcome for_each_page(struct words words, void (*act)(u64 gfn))
{
    u64 gfn, count;
    if (!gfn_and_count(words, &gfn, &count))
        return not_a_number;
    if (!ram_has(gfn, count))
        return NOT_RAM;
    for (u64 i = 0; i < count; i++)
        act(gfn + i);
    return done;
}

static outcome touch(struct words words)
{
    bool data = words.count > 3 && text_equal(words.word[3], "data");
    if (words.count > 3 && !data && !text_equal(words.word[3], "zero"))
        return "neither zero nor data";
    return for_each_page(words, data ? page_fill : page_read);
}

static outcome zero(struct words words)
{
    return for_each_page(words, page_clear);
}

static outcome verify_pages(u64 gfn, u64 count)
{
    for (u64 i = 0; i < count; i++) {
        if (!page_is_filled(gfn + i)) {
            say("DIFFERS %u\n", gfn + i);
            return "a page is not as it was filled";
        }
    }
    return done;
}

static outcome verify(struct words words)
{
    u64 gfn, count;
    if (!gfn_and_count(words, &gfn, &count))
        return not_a_number;
    return ram_has(gfn, count) ? verify_pages(gfn, count) : NOT_RAM;
}

// The number of pages that a balloon driver has to return in all.
static outcome needed(u64 *pages)
{
    u64 target, maximum, video;
    if (!store_number("memory/target", &target) || !store_number("memory/static-max", &maximum))
        return "no memory/target or memory/static-max in xenstore";
    // PVH guests have no video RAM.
    if (!store_number("memory/videoram", &video))
        video = 0;
    *pages = target + video < maximum ? (maximum - video - target) / KIB_PER_PAGE : 0;
    return done;
}

static outcome give_back_from_top(u64 pages)
{
    while (pages) {
        struct ranges ranges = ram();
        if (!ranges.count)
            return "no RAM is left";
        struct range top = ranges.range[ranges.count - 1];
        u64 size = top.end - top.start, count = size < pages ? size : pages, freed;
        outcome outcome = give_back(top.end - count, count, 0, &freed);
        if (outcome)
            return outcome;
        pages -= count;
    }
    return done;
}

static outcome balloon(struct words words)
{
    u64 target, shortfall, total;
    if (!number(words, 2, 0, &shortfall))
        return not_a_number;
    if (words.count > 1 && !text_equal(words.word[1], "auto")) {
        if (!text_number(words.word[1], &target))
            return not_a_number;
        u64 nominal = ram_pages() + given_back + (own_end - own_start) / PAGE_SIZE;
        total = nominal > target ? nominal - target : 0;
    } else {
        outcome outcome = needed(&total);
        if (outcome)
            return outcome;
    }
    int64_t before = given_back, goal = total > shortfall ? total - shortfall : 0;
    outcome outcome = goal > before ? give_back_from_top(goal - before) : done;
    say("BALLOONED %u\n", (u64)(given_back - before));
    return outcome;
}

static outcome fill(struct words words)
{
    (void)words;
    struct ranges ranges = ram();
    // Otherwise Xen could reclaim such a page, and the guest would survive.
    for (u64 gfn = (u64)own_start / PAGE_SIZE; gfn < (u64)own_end / PAGE_SIZE; gfn++)
        if (page_is_clear(gfn))
            return "a page of the kernel itself is all zeroes";
    for (u32 i = 0; i < ranges.count; i++)
        for (u64 gfn = ranges.range[i].start; gfn < ranges.range[i].end; gfn++)
            page_fill(gfn);
    for (u32 i = 0; i < ranges.count; i++) {
        u64 start = ranges.range[i].start;
        outcome outcome = verify_pages(start, ranges.range[i].end - start);
        if (outcome)
            return outcome;
    }
    say("FILLED %u pages\n", ram_pages());
    return done;
}

static outcome map(struct words words)
{
    u64 space, index, gfn;
    if (!number(words, 1, 0, &space) || !number(words, 2, 0, &index) || !number(words, 3, 0, &gfn))
        return not_a_number;
    bool moves = space == XENMAPSPACE_gmfn;
    if (moves && !ram_has(index, 1))
        return NOT_RAM;
    if (!ram_can_have(gfn, 1))
        return NO_PLACE_FOR_RAM;
    if (!ram_may_change())
        return TOO_MANY_RANGES;
    long error = add_to_physmap(space, index, gfn);
    if (error) {
        say("ERRNO %u\n", (u64)-error);
        return "Xen refuses";
    }
    ram_remove(moves ? index : gfn, 1);
    if (moves)
        ram_add(gfn, 1);
    return done;
}

static outcome ping(struct words words)
{
    say("PONG %s\n", words.count > 1 ? words.word[1] : "");
    return done;
}

static outcome shutdown(struct words words)
{
    u64 reason;
    if (!number(words, 1, 0, &reason))
        return not_a_number;
    say("POD OK\n");
    flush();
    shut_down(reason);
    return done;
}

// Waits until the toolstack asks the guest to suspend itself. Fills pages again and again until then.
static outcome suspend(struct words words)
{
    u64 gfn, count;
    char request[24];
    if (!number(words, 1, 0, &gfn) || !number(words, 2, 0, &count))
        return not_a_number;
    if (!ram_has(gfn, count))
        return NOT_RAM;
    say("WAITING\n");
    while (!store_text("control/shutdown", request, sizeof request) || !text_equal(request, "suspend")) {
        for (u64 i = 0; i < count; i++)
            page_fill(gfn + i);
        yield();
    }
    store_write("control/shutdown", "");
    flush();
    bool here = suspend_self();
    xen_init();
    console_init();
    store_init();
    say("RESUMED %s\n", here ? "here" : "elsewhere");
    return done;
}

static const struct command {
    const char *name;
    u32 least_arguments;
    const char *(*obey)(struct words);
} commands[] = {
    {"ping", 0, ping},         {"info", 0, info},       {"free", 2, free},     {"populate", 2, populate},
    {"touch", 3, touch},       {"zero", 2, zero},       {"verify", 2, verify}, {"balloon", 1, balloon},
    {"fill", 0, fill},         {"map", 3, map},         {"shutdown", 1, shutdown}, {"suspend", 0, suspend},
};

static outcome dispatch(struct words words)
{
    for (u32 i = 0; i < sizeof commands / sizeof *commands; i++)
        if (text_equal(commands[i].name, words.word[0]))
            return words.count > commands[i].least_arguments ? commands[i].obey(words) : "too few arguments";
    return "no such command";
}

bool obey(char *line, const char *separators)
{
    char *word[MAX_WORDS];
    struct words words = {word, text_split(line, separators, word, MAX_WORDS)};
    if (!words.count)
        return true;
    outcome why = dispatch(words);
    if (why)
        say("POD FAIL %s\n", why);
    else
        say("POD OK\n");
    return !why;
}
