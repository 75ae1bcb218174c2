// SPDX-License-Identifier: Apache-2.0
// One direction of a ring that is shared with a daemon in dom0: bytes, and two counters that
// only grow and are used modulo the size.
#pragma once

#include "types.h"

struct ring {
    char *bytes;
    u32 size;
    volatile u32 *consumed, *produced;
    u32 port;
};

// Writes bytes and waits for room if necessary. The caller notifies the other end.
void ring_write(struct ring *ring, const char *bytes, u32 count);

// Reads bytes and waits for them if necessary.
void ring_read(struct ring *ring, char *bytes, u32 count);

// Waits until the other end has read all bytes.
void ring_drain(struct ring *ring);
