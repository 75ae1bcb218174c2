// SPDX-License-Identifier: Apache-2.0
// The console that xenconsoled serves: xen/include/public/io/console.h.
#pragma once

#include "types.h"

void console_init(void);

// Prints a text; %s is replaced by a string and %u by a decimal u64.
void say(const char *format, ...);

// Waits for a line and stores it in LINE, without its end and truncated to its size.
void read_line(char *line, u32 size);

// Waits until xenconsoled has read all output.
void flush(void);
