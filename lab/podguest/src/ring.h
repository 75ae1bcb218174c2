// SPDX-License-Identifier: Apache-2.0
// One direction of a ring shared with a daemon in dom0: bytes, and two counters that only
// ever grow and are taken modulo the size.
#pragma once

#include "types.h"

struct ring {
    char *bytes;
    u32 size;
    volatile u32 *consumed, *produced;
    u32 port;
};

// Puts bytes in, waiting for room if need be. The caller notifies the other end.
void ring_write(struct ring *ring, const char *bytes, u32 count);

// Takes bytes out, waiting until they are there.
void ring_read(struct ring *ring, char *bytes, u32 count);

// Waits until the other end has taken everything.
void ring_drain(struct ring *ring);
