// SPDX-License-Identifier: Apache-2.0
#include "ring.h"

#include "xen.h"

static u32 used(struct ring *ring)
{
    return *ring->produced - *ring->consumed;
}

// x86 keeps the order of loads and of stores; the barrier keeps the compiler's order.
static void keep_order(void)
{
    asm volatile("" : : : "memory");
}

// Sleeps until the ring has at most the given number of bytes.
static void await_at_most(struct ring *ring, u32 bytes)
{
    for (;;) {
        clear_event(ring->port);
        if (used(ring) <= bytes)
            return;
        notify(ring->port);
        sleep_until_event(ring->port);
    }
}

void ring_write(struct ring *ring, const char *bytes, u32 count)
{
    for (; count; count--) {
        if (used(ring) == ring->size)
            await_at_most(ring, ring->size - 1);
        u32 produced = *ring->produced;
        ring->bytes[produced % ring->size] = *bytes++;
        keep_order();
        *ring->produced = produced + 1;
    }
}

void ring_read(struct ring *ring, char *bytes, u32 count)
{
    for (; count; count--) {
        for (;;) {
            clear_event(ring->port);
            if (used(ring))
                break;
            sleep_until_event(ring->port);
        }
        u32 consumed = *ring->consumed;
        keep_order();
        *bytes++ = ring->bytes[consumed % ring->size];
        keep_order();
        *ring->consumed = consumed + 1;
    }
    // Wakes a writer that waits for room.
    notify(ring->port);
}

void ring_drain(struct ring *ring)
{
    await_at_most(ring, 0);
}
